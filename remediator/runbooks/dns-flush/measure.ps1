# Asks the machine's own resolver for a name; changes nothing.
$name = Get-AwInput -Name 'AW_INPUT_NAME'
$addresses = @()
try { $addresses = @([System.Net.Dns]::GetHostAddresses($name)) } catch { Set-AwFact -Name 'error' -Value $_.Exception.Message }
Set-AwFact -Name 'isResolving' -Value ($addresses.Count -gt 0)
if ($addresses.Count -gt 0) { Set-AwFact -Name 'address' -Value $addresses[0].ToString() }
Complete-AwRun -Message ('{0} has {1} addresses' -f $name, $addresses.Count)
