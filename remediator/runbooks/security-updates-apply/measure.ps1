# Asks the Windows Update agent what is pending; changes nothing.
$session = New-Object -ComObject Microsoft.Update.Session
try {
    $found = $session.CreateUpdateSearcher().Search("IsInstalled=0 and IsHidden=0 and Type='Software'").Updates
} catch {
    Stop-AwRun -Code 'search_failed' -Message ('the Windows Update agent does not answer: {0}' -f $_.Exception.Message)
}
# By the identifier of the class, because its name is translated.
$security = '0fa1201d-4330-4fa8-8ae9-b877473b6441'
$pending = 0
for ($i = 0; $i -lt $found.Count -and $i -lt 500; $i++) {
    for ($k = 0; $k -lt $found.Item($i).Categories.Count; $k++) { if ($found.Item($i).Categories.Item($k).CategoryID -eq $security) { $pending++; break } }
}
Set-AwFact -Name 'manager' -Value 'windows-update'
Set-AwFact -Name 'pendingSecurityUpdates' -Value $pending
Set-AwFact -Name 'pendingUpdates' -Value ([int]$found.Count)
Set-AwFact -Name 'isRebootPending' -Value ([bool](New-Object -ComObject Microsoft.Update.SystemInfo).RebootRequired)
Complete-AwRun -Message ('{0} security updates are pending' -f $pending)
