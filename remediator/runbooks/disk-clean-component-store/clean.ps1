# Has Windows remove components that newer ones have replaced. Without /ResetBase: updates can still be taken back.
$Drive = $env:SystemDrive
$Volume = ([string]$env:AW_INPUT_VOLUME).TrimEnd('\')
if (($Volume -ne '') -and ($Volume -ne $Drive)) { Deny-AwRun -Code 'other_volume' -Message "Components are on $Drive; nothing done here frees space on $Volume." }
Assert-AwMeant -Drive $Drive -Volume $Volume
$Dism = Join-Path -Path $env:SystemRoot -ChildPath 'System32\dism.exe'
if (-not (Test-Path -LiteralPath $Dism)) { Deny-AwRun -Code 'missing_command' -Message 'There is no dism.exe.' }
$Pending = @(
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending',
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\PackagesPending',
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'
)
foreach ($Key in $Pending) { if (Test-Path -LiteralPath $Key) { Deny-AwRun -Code 'reboot_pending' -Message 'Updates wait for a restart; restart first.' } }
if (@(Get-Process -Name 'TiWorker', 'wusa', 'setuphost', 'Dism', 'DismHost' -ErrorAction SilentlyContinue).Count -gt 0) { Deny-AwRun -Code 'update_in_progress' -Message 'Updates are being installed, or the component store is being worked on.' }
$Before = (Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID='$Drive'").FreeSpace
# It needs room to work in, and a store that is broken half-way is worse than a full disk.
if ($Before -lt 500MB) { Deny-AwRun -Code 'no_room_to_work' -Message "Less than 500 MB are free on $Drive; free some space by other means first." }

$Process = Start-Process -FilePath $Dism -ArgumentList '/Online', '/Cleanup-Image', '/StartComponentCleanup', '/NoRestart', '/Quiet' -NoNewWindow -PassThru
$null = $Process.Handle
if (-not $Process.WaitForExit(3300000)) { Stop-AwRun -Code 'still_running' -Message 'Windows still cleans after 55 minutes; it is left to end by itself, because stopping it can damage the store.' }
$Code = $Process.ExitCode
if (($Code -ne 0) -and ($Code -ne 3010)) { Stop-AwRun -Code 'dism_failed' -Message "DISM ended with code $Code; see %SystemRoot%\Logs\DISM\dism.log." }
$Freed = [long][Math]::Floor(((Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID='$Drive'").FreeSpace - $Before) / 1MB)
if ($Freed -gt 0) { Add-AwChange -Text "removed replaced components ($Freed MB)" }
Set-AwFact -Name 'freedMegabytes' -Value ([Math]::Max([long]0, $Freed))
Set-AwFact -Name 'rebootNeeded' -Value ($Code -eq 3010)
Complete-AwRun -Message "The component store is clean; $([Math]::Max([long]0, $Freed)) MB more are free."
