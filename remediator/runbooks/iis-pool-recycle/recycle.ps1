# Recycles one application pool, or starts it where rapid-fail protection stopped it.
if (-not (Get-Module -ListAvailable -Name WebAdministration)) { Deny-AwRun -Code 'iis_missing' -Message 'IIS and its PowerShell module are not on this machine' }
Import-Module -Name WebAdministration -ErrorAction Stop
$found = @(Get-ChildItem -Path 'IIS:\AppPools' -ErrorAction Stop | Where-Object { $_.Name -eq $env:AW_INPUT_POOL })
if ($found.Count -ne 1) { Deny-AwRun -Code 'pool_unknown' -Message 'IIS has no application pool of that name' }
$pool = $found[0]
if ((Get-Service -Name 'W3SVC' -ErrorAction Stop).Status -ne 'Running') { Deny-AwRun -Code 'iis_stopped' -Message 'the web service itself is stopped; use web-server-restart' }
try {
    switch ([string]$pool.State) {
        'Started' { Restart-WebAppPool -Name $pool.Name -ErrorAction Stop; Add-AwChange ('recycled the pool {0}' -f $pool.Name) }
        'Stopped' {
            if (-not $pool.autoStart) { Deny-AwRun -Code 'stopped_on_purpose' -Message 'the pool is stopped and not set to start by itself' }
            Start-WebAppPool -Name $pool.Name -ErrorAction Stop
            Add-AwChange ('started the pool {0}' -f $pool.Name)
        }
        default { Deny-AwRun -Code 'pool_busy' -Message ('the pool is {0}' -f $pool.State) }
    }
    $state = ''
    for ($i = 0; $i -lt 15 -and $state -ne 'Started'; $i++) {
        Start-Sleep -Seconds 2
        $state = [string](Get-WebAppPoolState -Name $pool.Name -ErrorAction Stop).Value
    }
} catch {
    Stop-AwRun -Code 'recycle_failed' -Message $_.Exception.Message
}
Set-AwFact -Name 'isRunning' -Value ($state -eq 'Started')
if ($state -ne 'Started') { Stop-AwRun -Code 'pool_not_steady' -Message ('the pool is {0} afterwards' -f $state) }
Complete-AwRun -Message 'the pool runs'
