# Removes old files from the Temp folders of the system and of each user where they lie on the full volume.
$Volume = [string]$env:AW_INPUT_VOLUME
Assert-AwMeant -Drive $env:SystemDrive -Volume $Volume
if ($Volume -eq '') { $Volume = $env:SystemDrive }
$Letter = $Volume.TrimEnd('\').ToUpperInvariant()
if ($Letter -notmatch '\A[A-Z]:\z') { Deny-AwRun -Code 'no_such_volume' -Message "$Volume is no drive." }
$Days = [int]$env:AW_INPUT_MIN_AGE_DAYS
$MaxFiles = [int]$env:AW_INPUT_MAX_FILES

# Nobody but the system can put another folder in the place of this one.
$System = Join-Path -Path $env:SystemRoot -ChildPath 'Temp'
$Places = New-Object 'System.Collections.Generic.List[string]'
$Places.Add($System)
$UserProfiles = @(Get-CimInstance -ClassName Win32_UserProfile -Filter 'Special=False' -OperationTimeoutSec 30 | Where-Object { $_.LocalPath } | Select-Object -First 200)
foreach ($UserProfile in $UserProfiles) { $Places.Add((Join-Path -Path $UserProfile.LocalPath -ChildPath 'AppData\Local\Temp')) }
$Here = @($Places | Where-Object { $_.ToUpperInvariant().StartsWith($Letter + '\') -and (Test-Path -LiteralPath $_ -PathType Container) })
if ($Here.Count -eq 0) { Deny-AwRun -Code 'nothing_here' -Message "No Temp folder lies on $Letter; it has no temporary files to remove." }

$Limit = [DateTime]::UtcNow.AddDays(-$Days)
$Deadline = [DateTime]::UtcNow.AddMinutes(8)
$Removed = 0
$Freed = [long]0
$CanHold = $null
foreach ($Place in $Here) {
    # Folders are walked one by one, so that a junction is seen before it is entered.
    $Folders = New-Object 'System.Collections.Generic.Queue[string]'
    $Folders.Enqueue($Place)
    while (($Folders.Count -gt 0) -and ($Removed -lt $MaxFiles) -and ([DateTime]::UtcNow -lt $Deadline)) {
        $Folder = $Folders.Dequeue()
        # Every other folder may belong to somebody who makes it a link to elsewhere after it was looked at, so its files are removed by what was opened and not by their name.
        $IsShared = $Folder -ne $System
        if ($IsShared -and ($null -eq $CanHold)) { try { Initialize-AwFiles; $CanHold = $true } catch { $CanHold = $false } }
        if ($IsShared -and -not $CanHold) { continue }
        foreach ($Item in @(Get-ChildItem -LiteralPath $Folder -Force -ErrorAction SilentlyContinue)) {
            if (($Removed -ge $MaxFiles) -or ([DateTime]::UtcNow -ge $Deadline)) { break }
            if ($Item.Attributes -band [IO.FileAttributes]::ReparsePoint) { continue }
            if ($Item.PSIsContainer) { if ($Folders.Count -lt 20000) { $Folders.Enqueue($Item.FullName) }; continue }
            if (($Item.LastWriteTimeUtc -ge $Limit) -or ($Item.CreationTimeUtc -ge $Limit)) { continue }
            $Length = $Item.Length
            # A file in use cannot be removed; it stays, and that is no failure.
            if ($IsShared) { if (-not (Remove-AwFile -Path $Item.FullName)) { continue } }
            else { try { [IO.File]::Delete($Item.FullName) } catch { continue } }
            $Removed++
            $Freed += $Length
            Add-AwChange -Text ('removed ' + $Item.FullName)
        }
    }
}
Set-AwFact -Name 'removedFiles' -Value $Removed
Set-AwFact -Name 'freedKb' -Value ([long]($Freed / 1KB))
Complete-AwRun -Message "$Removed files removed on $Letter."
