# Tells whether the adapter has an address from DHCP; changes nothing.
$adapter = @(Get-NetAdapter -ErrorAction SilentlyContinue | Where-Object { $_.Name -eq (Get-AwInput -Name 'AW_INPUT_INTERFACE') })
if ($adapter.Count -ne 1) { Deny-AwRun -Code 'interface_unknown' -Message 'this machine has no such adapter' }
$addresses = @(Get-NetIPAddress -InterfaceIndex $adapter[0].ifIndex -AddressFamily IPv4 -ErrorAction SilentlyContinue | Where-Object { [string]$_.PrefixOrigin -eq 'Dhcp' })
Set-AwFact -Name 'hasLease' -Value ($addresses.Count -gt 0)
if ($addresses.Count -gt 0) { Set-AwFact -Name 'address' -Value ([string]$addresses[0].IPAddress); Set-AwFact -Name 'leaseSeconds' -Value ([long]$addresses[0].ValidLifetime.TotalSeconds) }
Complete-AwRun -Message ('{0} has {1} addresses from DHCP' -f $adapter[0].Name, $addresses.Count)
