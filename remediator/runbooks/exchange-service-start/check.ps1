# Tells which required services of Exchange are stopped and how long its queues are; changes nothing.
if (-not (Get-PSSnapin -Registered -Name 'Microsoft.Exchange.Management.PowerShell.SnapIn' -ErrorAction SilentlyContinue)) { Deny-AwRun -Code 'exchange_missing' -Message 'the management tools of Exchange are not on this machine' }
try {
    Add-PSSnapin -Name 'Microsoft.Exchange.Management.PowerShell.SnapIn' -ErrorAction Stop
    $roles = @(Test-ServiceHealth -ErrorAction Stop)
    $queues = @(Get-Queue -Server $env:COMPUTERNAME -ResultSize 500 -ErrorAction SilentlyContinue)
} catch {
    Stop-AwRun -Code 'exchange_silent' -Message ('Exchange does not answer: {0}' -f $_.Exception.Message)
}
$stopped = @($roles | ForEach-Object { $_.ServicesNotRunning } | Sort-Object -Unique)
$waiting = 0
$longest = 0
foreach ($queue in $queues) {
    $waiting += [int]$queue.MessageCount
    if ([int]$queue.MessageCount -gt $longest) { $longest = [int]$queue.MessageCount }
}
Set-AwFact -Name 'stoppedServices' -Value $stopped.Count
Set-AwFact -Name 'stoppedNames' -Value ($stopped -join ' ')
Set-AwFact -Name 'queuedMessages' -Value $waiting
Set-AwFact -Name 'longestQueue' -Value $longest
Set-AwFact -Name 'poisonOrRetryQueues' -Value @($queues | Where-Object { [string]$_.Status -in 'Retry', 'Suspended' }).Count
Complete-AwRun -Message ('{0} required services are stopped, {1} messages wait' -f $stopped.Count, $waiting)
