# Names the processes that used most processor time while this looked, and the services they belong to. Tells names of programs, never their arguments. Changes nothing.
$seconds = [int](Get-AwInput -Name 'AW_INPUT_SECONDS')
$first = @{}
# Some processes show their times to nobody; they are passed over.
foreach ($process in @(Get-Process | Select-Object -First 5000)) { if ($null -ne $process.CPU) { $first[$process.Id] = $process.CPU } }
Start-Sleep -Seconds $seconds
$used = @(Get-Process | Select-Object -First 5000 | Where-Object { $null -ne $_.CPU -and $first.ContainsKey($_.Id) } | ForEach-Object { New-Object -TypeName PSObject -Property @{ Id = $_.Id; Name = $_.ProcessName; Percent = [int](($_.CPU - $first[$_.Id]) * 100 / $seconds) } })
$top = @($used | Where-Object { $_.Percent -gt 0 } | Sort-Object -Property Percent -Descending | Select-Object -First 5)
$services = @{}
foreach ($service in @(Get-CimInstance -ClassName Win32_Service -Filter 'ProcessId > 0')) { if ($services.ContainsKey([int]$service.ProcessId)) { $services[[int]$service.ProcessId] += ' ' + $service.Name } else { $services[[int]$service.ProcessId] = $service.Name } }
Set-AwFact -Name 'cores' -Value ([int]$env:NUMBER_OF_PROCESSORS)
$message = 'no process stands out'
for ($i = 0; $i -lt $top.Count; $i++) {
    $of = ''
    if ($services.ContainsKey([int]$top[$i].Id)) { $of = ', ' + $services[[int]$top[$i].Id] }
    Set-AwFact -Name ('top{0}' -f ($i + 1)) -Value ('{0}% {1} (pid {2}{3})' -f $top[$i].Percent, $top[$i].Name, $top[$i].Id, $of)
    if ($i -eq 0) {
        Set-AwFact -Name 'topPercent' -Value ([int]$top[0].Percent)
        if ($top[0].Percent -ge 50) { $message = '{0} uses {1}% of a core' -f $top[0].Name, $top[0].Percent }
    }
}
Complete-AwRun -Message $message
