import type { SourceGuide } from '../source.ts'

/** How to forward syslog to us over HTTP. */
export const guide: SourceGuide = {
  name: 'Syslog over HTTP (rsyslog, syslog-ng)',
  family: 'logs',
  setup: [
    'Forward lines of RFC 5424 or 3164 to {url}: one or many in a body, one a line or octet-counted (RFC 6587).',
    'Forward what means trouble (warning and worse), and what says that it is over; everything else is read and dropped here, and counts for your limit.',
    'rsyslog: install rsyslog-omhttp (or the package of your distribution that has omhttp) and put the lines below into /etc/rsyslog.d/60-aw.conf, with host and port of {url}; then `systemctl restart rsyslog`.',
    'syslog-ng: `destination d_aw { http(url("{url}") method("POST") headers("X-API-Key: {key}", "Content-Type: text/plain") body("<${PRI}>1 ${ISODATE} ${HOST} ${PROGRAM} ${PID} - - ${MSG}") batch-lines(200) batch-timeout(1000)); };`',
    'Network devices that speak only UDP 514 send to such an rsyslog or syslog-ng at their site.',
  ],
  authentication: 'The forwarder sends the header X-API-Key with {key}, or the key as basic-auth password. Neither signs: switch the signature off for this integration.',
  proof: 'none',
  template: [
    'module(load="omhttp")', 'template(name="aw" type="string" string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% %APP-NAME% %PROCID% %MSGID% %STRUCTURED-DATA% %msg%")',
    'if $syslogseverity <= 5 then {', '  action(type="omhttp" server="HOST" serverport="443" usehttps="on" restpath="api/webhooks/syslog" template="aw"',
    '         httpcontenttype="text/plain" httpheaderkey="X-API-Key" httpheadervalue="{key}"', '         batch="on" batch.format="newline" batch.maxsize="200"', '         action.resumeRetryCount="-1" queue.type="LinkedList" queue.filename="aw" queue.saveOnShutdown="on")', '}',
  ].join('\n'),
  references: [
    'https://www.rfc-editor.org/rfc/rfc5424', 'https://www.rfc-editor.org/rfc/rfc3164', 'https://www.rfc-editor.org/rfc/rfc6587',
    'https://www.rsyslog.com/doc/configuration/modules/omhttp.html', 'https://www.syslog-ng.com/technical-documents/doc/syslog-ng-open-source-edition/3.38/administration-guide/43',
  ],
}
