import type { SourceGuide } from '../source.ts'

/** How Fail2Ban is pointed at us. */
export const guide: SourceGuide = {
  name: 'Fail2Ban',
  family: 'security',
  setup: [
    'Write /etc/fail2ban/action.d/alert-whisperer.conf with a section [Definition] whose actionban is: curl -fsS -m 10 -H "Authorization: Bearer {key}" -H "Content-Type: application/json" -d \'<body below>\' {url}',
    'Give the same file an actionunban with the same line and "action": "unban" in the body, so that the problem ends with the ban.',
    'In /etc/fail2ban/jail.local add to the section [DEFAULT], or to single jails: action = %(action_)s, and on the next line, indented, alert-whisperer.',
    'fail2ban-client reload, then try it with fail2ban-client set sshd banip 192.0.2.1 and fail2ban-client set sshd unbanip 192.0.2.1.',
  ],
  authentication: 'The action\'s curl sends our API key in the header Authorization; keep the action file readable for root only. Fail2Ban signs nothing.',
  proof: 'none',
  template: '{"action": "ban", "jail": "<name>", "ip": "<ip>", "failures": "<failures>", "hostname": "<fq-hostname>", "time": "<time>"}',
  references: [
    'https://github.com/fail2ban/fail2ban/wiki/Developing-Actions',
    'https://manpages.debian.org/bookworm/fail2ban/jail.conf.5.en.html',
  ],
}
