# Whether the Windows Time service runs and how far off the clock is. Looks only.
$Service = Get-Service -Name 'w32time' -ErrorAction SilentlyContinue
if ($null -eq $Service) { Deny-AwRun -Code 'no_time_service' -Message 'There is no Windows Time service.' }
Set-AwFact -Name 'service' -Value 'w32time'
$IsSynchronised = $false
if ($Service.Status -eq 'Running') {
    # In numbers, because the words are those of the language Windows speaks. Leap indicator 3: not synchronised.
    $Told = @(& "$env:SystemRoot\System32\w32tm.exe" /query /status)
    $Leap = @($Told | Select-Object -First 1 | Where-Object { $_ -match ':\s*(\d)' })
    if (($LASTEXITCODE -eq 0) -and ($Leap.Count -eq 1) -and ($Leap[0] -match ':\s*(\d)')) { $IsSynchronised = ($Matches[1] -ne '3') }
}
Set-AwFact -Name 'synchronised' -Value $IsSynchronised
Complete-AwRun -Message "Windows Time is $($Service.Status)."
