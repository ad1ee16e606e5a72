# Installs pending security updates where the input says so, else only reports them. Never reboots.
$security = '0fa1201d-4330-4fa8-8ae9-b877473b6441'
$most = [int](Get-AwInput -Name 'AW_INPUT_MAX_PACKAGES')
$installer = New-Object -ComObject Microsoft.Update.Installer
if ($installer.IsBusy) { Deny-AwRun -Code 'manager_busy' -Message 'Windows Update is installing already' }
if ((New-Object -ComObject Microsoft.Update.SystemInfo).RebootRequired) { Deny-AwRun -Code 'reboot_pending' -Message 'a reboot of earlier updates is pending; nothing is put on top of it' }
$session = New-Object -ComObject Microsoft.Update.Session
try {
    $found = $session.CreateUpdateSearcher().Search("IsInstalled=0 and IsHidden=0 and Type='Software'").Updates
} catch {
    Deny-AwRun -Code 'search_failed' -Message ('the Windows Update agent does not answer: {0}' -f $_.Exception.Message)
}
$chosen = New-Object -ComObject Microsoft.Update.UpdateColl
for ($i = 0; $i -lt $found.Count -and $i -lt 500 -and $chosen.Count -lt $most; $i++) {
    $update = $found.Item($i)
    $isSecurity = $false
    for ($k = 0; $k -lt $update.Categories.Count; $k++) { if ($update.Categories.Item($k).CategoryID -eq $security) { $isSecurity = $true } }
    # What would ask a question, or whose terms nobody accepted, is left to a person.
    if ($isSecurity -and -not $update.InstallationBehavior.CanRequestUserInput -and $update.EulaAccepted) { $null = $chosen.Add($update) }
}
Set-AwFact -Name 'pendingSecurityUpdates' -Value ([int]$chosen.Count)
if ((Get-AwInput -Name 'AW_INPUT_INSTALL_ON_WINDOWS') -ne 'true') { Deny-AwRun -Code 'not_told_to_install' -Message ('{0} security updates are pending; nothing was changed, because the run was not told to install on Windows' -f $chosen.Count) }
if ($chosen.Count -eq 0) { Set-AwFact -Name 'installed' -Value 0; Complete-AwRun -Message 'no security update is pending; nothing was changed' }
$installed = 0
try {
    $downloader = $session.CreateUpdateDownloader()
    $downloader.Updates = $chosen
    $null = $downloader.Download()
    $installer.Updates = $chosen
    $installer.ForceQuiet = $true
    $result = $installer.Install()
    for ($i = 0; $i -lt $chosen.Count; $i++) {
        # 2: succeeded; 3: succeeded with errors.
        if ($result.GetUpdateResult($i).ResultCode -eq 2) { $installed++; Add-AwChange ('installed {0}' -f $chosen.Item($i).Title) }
    }
} catch {
    Stop-AwRun -Code 'install_failed' -Message ('{0} installed, then: {1}' -f $installed, $_.Exception.Message)
}
Set-AwFact -Name 'installed' -Value $installed
Set-AwFact -Name 'isRebootPending' -Value ([bool]$result.RebootRequired)
if ($installed -lt $chosen.Count) { Stop-AwRun -Code 'install_failed' -Message ('{0} of {1} updates were installed' -f $installed, $chosen.Count) }
Complete-AwRun -Message ('{0} security updates were installed; the machine was not rebooted' -f $installed)
