# Reads the Veeam job; changes nothing.
if (Get-Module -ListAvailable -Name 'Veeam.Backup.PowerShell') { Import-Module -Name 'Veeam.Backup.PowerShell' -WarningAction SilentlyContinue }
elseif (Get-PSSnapin -Registered -Name 'VeeamPSSnapin' -ErrorAction SilentlyContinue) { Add-PSSnapin -Name 'VeeamPSSnapin' }
else { Deny-AwRun -Code 'veeam_missing' -Message 'the PowerShell module of Veeam Backup is not on this machine' }
$jobs = @(Get-VBRJob -WarningAction SilentlyContinue | Where-Object { $_.Name -eq (Get-AwInput -Name 'AW_INPUT_JOB') })
if ($jobs.Count -ne 1) { Deny-AwRun -Code 'job_unknown' -Message 'Veeam has no job of that name, or more than one' }
$result = [string]$jobs[0].GetLastResult()
$state = 'failed'
if ($jobs[0].IsRunning) { $state = 'running' } elseif ($result -in 'Success', 'Warning') { $state = 'succeeded' }
Set-AwFact -Name 'jobState' -Value $state
Set-AwFact -Name 'result' -Value $result
Complete-AwRun -Message ('the job: {0}' -f $state)
