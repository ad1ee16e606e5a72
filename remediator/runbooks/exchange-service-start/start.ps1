# Starts required services of Exchange that are stopped though set to automatic.
if (-not (Get-PSSnapin -Registered -Name 'Microsoft.Exchange.Management.PowerShell.SnapIn' -ErrorAction SilentlyContinue)) { Deny-AwRun -Code 'exchange_missing' -Message 'the management tools of Exchange are not on this machine' }
try {
    Add-PSSnapin -Name 'Microsoft.Exchange.Management.PowerShell.SnapIn' -ErrorAction Stop
    $stopped = @(Test-ServiceHealth -ErrorAction Stop | ForEach-Object { $_.ServicesNotRunning } | Sort-Object -Unique | Select-Object -First 20)
    $maintenance = @(Get-ServerComponentState -Identity $env:COMPUTERNAME -Component 'ServerWideOffline' -ErrorAction Stop | Where-Object { [string]$_.State -ne 'Active' })
} catch {
    Deny-AwRun -Code 'exchange_silent' -Message ('Exchange does not answer: {0}' -f $_.Exception.Message)
}
if ($maintenance.Count -gt 0) { Deny-AwRun -Code 'in_maintenance' -Message 'the server is in maintenance mode; a person wants it so' }
if ($stopped.Count -eq 0) { Set-AwFact -Name 'stoppedServices' -Value 0; Complete-AwRun -Message 'every required service runs; nothing was changed' }
$left = 0
foreach ($name in $stopped) {
    # Only Exchange's own and the web server below it.
    if ($name -notmatch '^(MSExchange[A-Za-z0-9]+|W3Svc|IISAdmin|FMS|HostControllerService|SearchExchangeTracing)$') { $left++; continue }
    $service = Get-CimInstance -ClassName Win32_Service -Filter ("Name='{0}'" -f $name)
    if ($null -eq $service -or $service.StartMode -ne 'Auto' -or $service.State -ne 'Stopped') { $left++; continue }
    try {
        Start-Service -Name $name -ErrorAction Stop
        Add-AwChange ('started {0}' -f $name)
    } catch {
        $left++
    }
}
Set-AwFact -Name 'stoppedServices' -Value $left
if ($left -gt 0) { Stop-AwRun -Code 'services_left' -Message ('{0} required services are still stopped' -f $left) }
Complete-AwRun -Message 'every required service was started'
