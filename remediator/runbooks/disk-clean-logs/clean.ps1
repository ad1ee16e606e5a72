# Deletes archived event logs and logs of IIS that are old. Archives of the Security log stay, whatever their age.
$Days = [int](Get-AwInput 'AW_INPUT_MIN_AGE_DAYS')
$Drive = $env:SystemDrive
$Volume = ([string]$env:AW_INPUT_VOLUME).TrimEnd('\')
if (($Volume -ne '') -and ($Volume -ne $Drive)) { Deny-AwRun -Code 'other_volume' -Message "The logs are on $Drive; nothing done here frees space on $Volume." }
Assert-AwMeant -Drive $Drive -Volume $Volume
$Limit = (Get-Date).AddDays(-$Days)
$MaxFiles = 5000
$Until = (Get-Date).AddSeconds(150)

# Plain files only: a junction or a link may lead anywhere.
function Remove-OldLog {
    param([string]$Folder, [string]$Pattern)
    $Item = Get-Item -LiteralPath $Folder -Force -ErrorAction SilentlyContinue
    if (($null -eq $Item) -or ($Item.Attributes -band [System.IO.FileAttributes]::ReparsePoint)) { return }
    $Files = Get-ChildItem -LiteralPath $Folder -File -Force -ErrorAction SilentlyContinue |
        Where-Object { ($_.Name -match $Pattern) -and ($_.LastWriteTime -lt $Limit) -and -not ($_.Attributes -band [System.IO.FileAttributes]::ReparsePoint) } |
        Sort-Object -Property LastWriteTime
    foreach ($File in $Files) {
        if (($script:Count -ge $MaxFiles) -or ((Get-Date) -gt $Until)) { return }
        $Length = $File.Length
        # A file that is in use cannot be deleted, and stays.
        try { [System.IO.File]::Delete($File.FullName) } catch [System.IO.IOException] { continue } catch [System.UnauthorizedAccessException] { continue }
        $script:Count++
        $script:Bytes += $Length
    }
}

$script:Count = 0
$script:Bytes = [long]0
Remove-OldLog -Folder (Join-Path -Path $env:SystemRoot -ChildPath 'System32\winevt\Logs') -Pattern '^Archive-(?!Security-).+\.evtx$'
$Iis = Join-Path -Path $Drive -ChildPath '\inetpub\logs\LogFiles'
$Root = Get-Item -LiteralPath $Iis -Force -ErrorAction SilentlyContinue
if (($null -ne $Root) -and -not ($Root.Attributes -band [System.IO.FileAttributes]::ReparsePoint)) {
    $Sites = Get-ChildItem -LiteralPath $Iis -Directory -ErrorAction SilentlyContinue | Where-Object { $_.Name -match '^(W3SVC|FTPSVC)\d+$' } | Select-Object -First 200
    foreach ($Site in $Sites) { Remove-OldLog -Folder $Site.FullName -Pattern '^u_(ex|extend|nc|in)\d{4,10}(_x)?\.log$' }
}
if ($script:Count -gt 0) { Add-AwChange -Text "deleted $($script:Count) archived event logs and logs of IIS older than $Days days ($([Math]::Round($script:Bytes / 1MB)) MB)" }
Set-AwFact -Name 'deletedFiles' -Value $script:Count
Set-AwFact -Name 'freedMegabytes' -Value ([long][Math]::Floor($script:Bytes / 1MB))
Complete-AwRun -Message "Deleted $($script:Count) old logs."
