# Empties the cache of the DNS client. What it forgets it asks for again.
if ($null -eq (Get-Command -Name 'Clear-DnsClientCache' -ErrorAction SilentlyContinue)) { Deny-AwRun -Code 'no_cache' -Message 'this Windows has no Clear-DnsClientCache' }
$entries = @(Get-DnsClientCache -ErrorAction SilentlyContinue).Count
try { Clear-DnsClientCache -ErrorAction Stop } catch { Stop-AwRun -Code 'flush_failed' -Message $_.Exception.Message }
Add-AwChange ('emptied the cache of the DNS client ({0} entries)' -f $entries)
Set-AwFact -Name 'entries' -Value $entries
Complete-AwRun -Message ('forgot {0} entries' -f $entries)
