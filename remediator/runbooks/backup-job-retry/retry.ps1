# Starts a Veeam job again that failed. Leaves alone one that works, one that is off, and everything while any job works.
if (Get-Module -ListAvailable -Name 'Veeam.Backup.PowerShell') { Import-Module -Name 'Veeam.Backup.PowerShell' -WarningAction SilentlyContinue }
elseif (Get-PSSnapin -Registered -Name 'VeeamPSSnapin' -ErrorAction SilentlyContinue) { Add-PSSnapin -Name 'VeeamPSSnapin' }
else { Deny-AwRun -Code 'veeam_missing' -Message 'the PowerShell module of Veeam Backup is not on this machine' }
$all = @(Get-VBRJob -WarningAction SilentlyContinue)
$jobs = @($all | Where-Object { $_.Name -eq (Get-AwInput -Name 'AW_INPUT_JOB') })
if ($jobs.Count -ne 1) { Deny-AwRun -Code 'job_unknown' -Message 'Veeam has no job of that name, or more than one' }
$job = $jobs[0]
if (-not $job.IsScheduleEnabled) { Deny-AwRun -Code 'job_disabled' -Message 'the job is disabled; a person wants it so' }
if (@($all | Where-Object { $_.IsRunning }).Count -gt 0) { Deny-AwRun -Code 'backup_running' -Message 'a job of Veeam works now' }
if ([string]$job.GetLastResult() -ne 'Failed') { Complete-AwRun -Message ('the job ended with {0}; nothing was changed' -f $job.GetLastResult()) }
try { $null = Start-VBRJob -Job $job -RunAsync -ErrorAction Stop } catch { Stop-AwRun -Code 'start_failed' -Message $_.Exception.Message }
Add-AwChange ('started {0} again' -f $job.Name)
Complete-AwRun -Message 'the job was started again'
