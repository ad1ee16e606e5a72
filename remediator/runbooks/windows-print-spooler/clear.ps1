# Stops the print spooler, removes jobs that have been stuck for ten minutes from the spool folder only, and starts it again.
$service = Get-CimInstance -ClassName Win32_Service -Filter "Name='Spooler'" -ErrorAction Stop
if ($null -eq $service) { Deny-AwRun -Code 'service_unknown' -Message 'this machine has no print spooler' }
if ($service.StartMode -ne 'Auto') { Deny-AwRun -Code 'unit_not_enabled' -Message ('the spooler is not set to start by itself ({0}); it may be off for safety' -f $service.StartMode) }
if ($service.State -notin 'Running', 'Stopped') { Deny-AwRun -Code 'unit_busy' -Message ('the spooler is {0}' -f $service.State) }
$folder = Join-Path -Path $env:SystemRoot -ChildPath 'System32\spool\PRINTERS'
$item = Get-Item -LiteralPath $folder -Force -ErrorAction SilentlyContinue
if ($null -eq $item -or -not $item.PSIsContainer) { Deny-AwRun -Code 'folder_missing' -Message 'the spool folder is not where it should be' }
if ($item.Attributes -band [IO.FileAttributes]::ReparsePoint) { Deny-AwRun -Code 'folder_is_link' -Message 'the spool folder is a link' }
$moved = [string](Get-Item -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Control\Print\Printers').GetValue('DefaultSpoolDirectory')
if ($moved -ne '' -and $moved.TrimEnd('\') -ne $folder) { Deny-AwRun -Code 'folder_moved' -Message 'the spool folder of this machine was moved; a person should look at it' }

$before = (Get-Date).AddMinutes(-10)
$stuck = @(Get-ChildItem -LiteralPath $folder -File -Force -ErrorAction Stop | Where-Object { $_.Extension -in '.SPL', '.SHD', '.TMP' -and $_.LastWriteTime -lt $before -and -not ($_.Attributes -band [IO.FileAttributes]::ReparsePoint) } | Select-Object -First 500)
if ($service.State -eq 'Running' -and $stuck.Count -eq 0) { Set-AwFact -Name 'isRunning' -Value $true; Complete-AwRun -Message 'the spooler runs and no job is stuck; nothing was changed' }
# Stopping it stops what depends on it too; that is started again afterwards.
$dependents = @((Get-Service -Name 'Spooler').DependentServices | Where-Object { [string]$_.Status -eq 'Running' } | Select-Object -First 20 | ForEach-Object { $_.Name })
$failure = $null
$removed = 0
try {
    if ($service.State -eq 'Running') { Stop-Service -Name 'Spooler' -Force -ErrorAction Stop; Add-AwChange 'stopped Spooler' }
    foreach ($file in $stuck) {
        Remove-Item -LiteralPath $file.FullName -Force -ErrorAction Stop
        $removed++
        Add-AwChange ('removed {0} ({1} bytes)' -f $file.Name, $file.Length)
    }
} catch {
    $failure = $_.Exception.Message
}
# It has to run again whatever became of the files.
try {
    Start-Service -Name 'Spooler' -ErrorAction Stop
    Add-AwChange 'started Spooler'
    foreach ($name in $dependents) { Start-Service -Name $name -ErrorAction Stop; Add-AwChange ('started {0} again' -f $name) }
} catch {
    $failure = '{0} {1}' -f $failure, $_.Exception.Message
}
$state = [string](Get-Service -Name 'Spooler' -ErrorAction Stop).Status
Set-AwFact -Name 'isRunning' -Value ($state -eq 'Running')
Set-AwFact -Name 'removedFiles' -Value $removed
if ($failure) { Stop-AwRun -Code 'clear_failed' -Message $failure }
Complete-AwRun -Message ('removed {0} files of stuck jobs; the spooler is {1}' -f $removed, $state)
