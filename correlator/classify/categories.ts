/** The default categories: the words that speak for each, and what is usually done about it. A company may replace each of them and add its own. */

/** What is suggested for an incident. */
export type SuggestedAction = 'resolve_automatically' | 'assign' | 'escalate'

/** One category. */
export interface Category {
  readonly id: string
  readonly name: string
  /** Words and phrases; `word*2` weighs twice. */
  readonly words: readonly string[]
  readonly canResolveAutomatically: boolean
  readonly action: SuggestedAction
}

/** In the order in which equal scores are decided. */
export const DEFAULT_CATEGORIES: readonly Category[] = [
  {
    id: 'security_alert', name: 'security alert', canResolveAutomatically: false, action: 'escalate',
    words: ['malware*3', 'ransomware*3', 'virus*2', 'trojan*3', 'phishing*3', 'intrusion*2', 'exploit*2', 'threat*2', 'brute force*2', 'unauthorized*2', 'unauthorised*2', 'suspicious*2', 'quarantine*2', 'quarantined*2',
      'vulnerability*2', 'cve*2', 'attack*2', 'compromised*3', 'detection', 'edr*2', 'ids', 'failed logins*2', 'failed login*2', 'privilege escalation*3', 'credential*2', 'exfiltration*3', 'botnet*3', 'security', 'webshell*3', 'backdoor*3',
      'port scan*2', 'firewall blocked*2', 'lateral movement*3', 'impossible travel*3', 'tamper*2', 'anomalous sign in*3', 'guard duty*3', 'banned*2'],
  },
  {
    id: 'backup', name: 'backup', canResolveAutomatically: true, action: 'resolve_automatically',
    words: ['backup*3', 'backups*3', 'restore point*3', 'replication job*2', 'snapshot*2', 'veeam*3', 'acronis*3', 'datto backup*2', 'recovery point*3', 'rpo*2', 'vss*2', 'shadow copy*3', 'tape*2', 'retention*1', 'dump failed*1'],
  },
  {
    id: 'password_reset', name: 'password reset', canResolveAutomatically: true, action: 'resolve_automatically',
    words: ['password reset*3', 'reset password*3', 'reset my password*3', 'forgot password*3', 'forgotten password*3', 'password expired*3', 'password expires*3', 'account locked*3', 'account lockout*3', 'locked out*3', 'unlock account*3', 'unlock*2',
      'lockout*3', 'mfa reset*3', 'password*2', 'cannot log in', 'cannot login', 'unable to login', 'sign in problem'],
  },
  {
    id: 'licence_request', name: 'licence request', canResolveAutomatically: false, action: 'assign',
    words: ['licence*3', 'license*3', 'licences*3', 'licenses*3', 'licensing*3', 'subscription expired*3', 'subscription expires*3', 'activation*2', 'product key*3', 'seats*2', 'renewal*2', 'entitlement*2', 'trial expires*2'],
  },
  {
    id: 'printer', name: 'printer', canResolveAutomatically: true, action: 'resolve_automatically',
    words: ['printer*3', 'printers*3', 'print spooler*3', 'spooler*3', 'toner*3', 'print queue*3', 'printing*3', 'paper jam*3', 'mfp*2', 'ink*2', 'scanner*2', 'drum*1'],
  },
  {
    id: 'email', name: 'e-mail', canResolveAutomatically: false, action: 'assign',
    words: ['email*2', 'e-mail*2', 'mail*2', 'mailbox*3', 'smtp*3', 'imap*3', 'exchange*2', 'outlook*3', 'mail queue*3', 'mail flow*3', 'spam*2', 'postfix*3', 'bounce*2', 'dkim*3', 'owa*2', 'ndr*2', 'calendar*1', 'distribution list*2'],
  },
  {
    id: 'disk_cleanup', name: 'disk clean-up', canResolveAutomatically: true, action: 'resolve_automatically',
    words: ['disk full*3', 'disk space*3', 'low disk*3', 'free space*3', 'free disk*3', 'filesystem*2', 'file system*2', 'volume full*3', 'out of space*3', 'no space left*3', 'disk usage*3', 'disk utilization*2', 'inode*3', 'inodes*3', 'disk used*3',
      'storage full*3', 'drive space*3', 'logical disk*2', 'disk*2', 'space used*2', 'space low*3', 'running out of space*3', 'low space*3'],
  },
  {
    id: 'hardware', name: 'hardware', canResolveAutomatically: false, action: 'escalate',
    words: ['smart*1', 'raid*3', 'degraded array*3', 'disk failure*3', 'drive failure*3', 'predictive failure*3', 'physical disk*3', 'fan*2', 'fan speed*3', 'temperature*3', 'overheating*3', 'power supply*3', 'psu*3', 'battery*3', 'ups*3', 'ecc*3',
      'dimm*3', 'memory module*3', 'chassis*3', 'voltage*3', 'hardware*3', 'idrac*2', 'ilo*2', 'ipmi*3', 'bad sector*3', 'bad sectors*3', 'firmware*2', 'laptop*2', 'monitor broken', 'keyboard*2', 'docking station*2', 'on battery*3'],
  },
  {
    id: 'network', name: 'network', canResolveAutomatically: false, action: 'assign',
    words: ['network*2', 'packet loss*3', 'link down*3', 'interface*2', 'bgp*3', 'ospf*3', 'vpn*3', 'tunnel*3', 'switch*2', 'router*3', 'firewall*2', 'wan*2', 'lan*1', 'wifi*3', 'wireless*2', 'access point*3', 'dns*3', 'dhcp*3', 'bandwidth*2',
      'latency*1', 'jitter*3', 'icmp*2', 'ping*2', 'port flapping*3', 'vlan*3', 'gateway*2', 'isp*2', 'circuit*2', 'uplink*3', 'spanning tree*3', 'connectivity*2', 'snmp*2', 'route*1'],
  },
  {
    id: 'performance', name: 'performance', canResolveAutomatically: false, action: 'assign',
    words: ['cpu*3', 'load average*3', 'high load*3', 'memory usage*3', 'memory utilization*3', 'high memory*3', 'memory*2', 'swap*3', 'slow*2', 'latency*2', 'response time*3', 'throughput*2', 'saturation*3', 'queue length*2', 'io wait*3', 'iowait*3',
      'utilization*1', 'throttling*2', 'throttled*2', 'p95*1', 'p99*1', 'apdex*3', 'gc*1', 'garbage collection*2', 'exhausted*2', 'connections exhausted*3', 'too many connections*3', 'percentile*2', 'backlog*2', 'high latency*3', 'duration*1', 'performance*3', 'page file*2', 'slow query*3', 'slow queries*3', 'degraded*1', 'oom*2', 'out of memory*3', 'connection pool*2', 'lag*2'],
  },
  {
    id: 'availability', name: 'availability', canResolveAutomatically: false, action: 'escalate',
    words: ['down*2', 'unreachable*3', 'offline*3', 'outage*3', 'unavailable*3', 'not responding*3', 'no response*3', 'timeout*2', 'timed out*2', 'stopped*2', 'crashed*3', 'crash*2', 'service stopped*3', 'not running*3', 'restarted*2', 'reboot*2',
      'rebooted*2', 'failed*1', 'health check*2', 'uptime*2', 'error rate*2', 'connection refused*3', 'crash loop*3', 'heartbeat*2', 'missing*1', 'lost*1', 'fails*1', 'failing*1', 'error*1', 'errors*1', 'probe*1', 'exception*1', 'not answering*3', 'does not answer*3', 'not reachable*3', 'certificate*2', 'certificate expires*3', 'failure*1', 'dead*2', 'unhealthy*3',
      'evicted*2', 'not ready*2', 'http*1', 'is down*2', 'agent offline*3'],
  },
]
