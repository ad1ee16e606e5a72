# Asks the DHCP server to renew the lease of one adapter. Never gives a lease back, so the machine stays reachable.
$adapter = @(Get-NetAdapter -ErrorAction SilentlyContinue | Where-Object { $_.Name -eq (Get-AwInput -Name 'AW_INPUT_INTERFACE') })
if ($adapter.Count -ne 1) { Deny-AwRun -Code 'interface_unknown' -Message 'this machine has no such adapter' }
$index = $adapter[0].ifIndex
$configuration = Get-CimInstance -ClassName Win32_NetworkAdapterConfiguration -Filter ('InterfaceIndex={0}' -f [int]$index)
if ($null -eq $configuration -or -not $configuration.DHCPEnabled) { Deny-AwRun -Code 'address_fixed' -Message 'the adapter has a fixed address' }
$before = @($configuration.IPAddress) -join ' '
try { $result = Invoke-CimMethod -InputObject $configuration -MethodName 'RenewDHCPLease' -ErrorAction Stop } catch { Stop-AwRun -Code 'renew_failed' -Message $_.Exception.Message }
Add-AwChange ('asked to renew the lease of {0}' -f $adapter[0].Name)
# 0: done; 1: done, a reboot is asked for.
if ($result.ReturnValue -notin 0, 1) { Stop-AwRun -Code 'renew_failed' -Message ('the lease could not be renewed ({0})' -f $result.ReturnValue) }
$after = @((Get-CimInstance -ClassName Win32_NetworkAdapterConfiguration -Filter ('InterfaceIndex={0}' -f [int]$index)).IPAddress) -join ' '
Set-AwFact -Name 'address' -Value $after
if ($after -ne $before) { Add-AwChange ('the address is {0} (was {1})' -f $after, $before) }
Complete-AwRun -Message ('{0} has {1}' -f $adapter[0].Name, $after)
