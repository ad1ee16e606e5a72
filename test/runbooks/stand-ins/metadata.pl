# The metadata service of a machine of AWS or Azure, at its real address, over files in /srv/metadata. What was asked is in /srv/calls.
use strict;
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => '169.254.169.254', LocalPort => 80, Listen => 5, ReuseAddr => 1) or die "cannot listen: $!";
sub content { my ($name) = @_; open(my $file, '<', "/srv/metadata/$name") or return undef; local $/; return <$file> }
while (my $client = $server->accept) {
  my $first = <$client> // '';
  my %header;
  while (my $line = <$client>) { last if $line =~ /^\r?\n$/; $header{lc $1} = $2 if $line =~ /^([\w-]+):\s*(.*?)\r?\n/ }
  my ($method, $path) = $first =~ /^(\S+) (\S+)/;
  open(my $calls, '>>', '/srv/calls'); print $calls "$method $path\n"; close $calls;
  my ($status, $body) = (404, '');
  if ($method eq 'PUT' && $path eq '/latest/api/token') {
    ($status, $body) = $header{'x-aws-ec2-metadata-token-ttl-seconds'} ? (200, 'AQAE-session_token==') : (400, '');
  } elsif ($path =~ m{^/latest/meta-data/([\w:./-]+)$}) {
    my $name = $1; $name =~ s{/$}{/index};
    my $found = content($name);
    if (($header{'x-aws-ec2-metadata-token'} // '') ne 'AQAE-session_token==') { $status = 401 }
    elsif (defined $found) { ($status, $body) = (200, $found) }
  } elsif ($path eq '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.microsoft.com%2F') {
    my $found = content('identity');
    if (($header{'metadata'} // '') ne 'true') { $status = 400 }
    elsif (defined $found) { ($status, $body) = (200, $found) }
    else { ($status, $body) = (400, '{"error":"invalid_request","error_description":"Identity not found"}') }
  }
  print $client "HTTP/1.1 $status Told\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
  close $client;
}
