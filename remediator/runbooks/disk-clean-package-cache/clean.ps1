# Deletes what Windows Update downloaded some days ago. Nothing is touched while updates are being installed or wait for a restart.
$Days = [int](Get-AwInput 'AW_INPUT_MIN_AGE_DAYS')
$Drive = $env:SystemDrive
$Volume = ([string]$env:AW_INPUT_VOLUME).TrimEnd('\')
if (($Volume -ne '') -and ($Volume -ne $Drive)) { Deny-AwRun -Code 'other_volume' -Message "Downloaded updates are on $Drive; nothing done here frees space on $Volume." }
Assert-AwMeant -Drive $Drive -Volume $Volume
$Folder = Join-Path -Path $env:SystemRoot -ChildPath 'SoftwareDistribution\Download'
$Item = Get-Item -LiteralPath $Folder -Force -ErrorAction SilentlyContinue
if ($null -eq $Item) { Complete-AwRun -Message 'There are no downloaded updates.' }
if ($Item.Attributes -band [System.IO.FileAttributes]::ReparsePoint) { Deny-AwRun -Code 'place_is_elsewhere' -Message "$Folder is a link." }
$Pending = @(
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending',
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'
)
foreach ($Key in $Pending) { if (Test-Path -LiteralPath $Key) { Deny-AwRun -Code 'reboot_pending' -Message 'Updates wait for a restart and may need their files.' } }
if (@(Get-Process -Name 'TiWorker', 'wusa', 'setuphost' -ErrorAction SilentlyContinue).Count -gt 0) { Deny-AwRun -Code 'update_in_progress' -Message 'Updates are being installed.' }

$Limit = (Get-Date).AddDays(-$Days)
$Old = @(Get-ChildItem -LiteralPath $Folder -Force | Where-Object { ($_.LastWriteTime -lt $Limit) -and -not ($_.Attributes -band [System.IO.FileAttributes]::ReparsePoint) } | Sort-Object -Property LastWriteTime | Select-Object -First 500)
if ($Old.Count -eq 0) { Complete-AwRun -Message "No downloaded update is older than $Days days." }

# Plain files only, and never through a link.
function Remove-Tree {
    param([System.IO.FileSystemInfo]$Entry, [int]$Depth)
    if (($Entry.Attributes -band [System.IO.FileAttributes]::ReparsePoint) -or ($Depth -gt 12) -or ((Get-Date) -gt $script:Until)) { return }
    if ($Entry -is [System.IO.DirectoryInfo]) {
        foreach ($Child in @(Get-ChildItem -LiteralPath $Entry.FullName -Force -ErrorAction SilentlyContinue)) { Remove-Tree -Entry $Child -Depth ($Depth + 1) }
        try { [System.IO.Directory]::Delete($Entry.FullName, $false) } catch [System.IO.IOException] { return } catch [System.UnauthorizedAccessException] { return }
        return
    }
    if ($Entry.LastWriteTime -ge $Limit) { return }
    $Length = $Entry.Length
    try { [System.IO.File]::Delete($Entry.FullName) } catch [System.IO.IOException] { return } catch [System.UnauthorizedAccessException] { return }
    $script:Files++
    $script:Bytes += $Length
}

$script:Files = 0
$script:Bytes = [long]0
$script:Until = (Get-Date).AddSeconds(180)
$WasRunning = @(Get-Service -Name 'wuauserv', 'bits' -ErrorAction SilentlyContinue | Where-Object { $_.Status -eq 'Running' })
try {
    foreach ($Service in $WasRunning) {
        Stop-Service -Name $Service.Name -ErrorAction Stop
        $Service.WaitForStatus('Stopped', [TimeSpan]::FromSeconds(60))
    }
    foreach ($Entry in $Old) { Remove-Tree -Entry $Entry -Depth 0 }
} finally {
    foreach ($Service in $WasRunning) { Start-Service -Name $Service.Name -ErrorAction Continue }
}
if ($script:Files -gt 0) { Add-AwChange -Text "deleted $($script:Files) files of updates downloaded more than $Days days ago ($([Math]::Round($script:Bytes / 1MB)) MB)" }
Set-AwFact -Name 'deletedFiles' -Value $script:Files
Set-AwFact -Name 'freedMegabytes' -Value ([long][Math]::Floor($script:Bytes / 1MB))
Complete-AwRun -Message "Deleted $($script:Files) files of downloaded updates."
