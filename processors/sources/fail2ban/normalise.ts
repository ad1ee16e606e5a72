import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type StatusTable } from '../words.ts'
import { readSentence } from './sentence.ts'

/** What an action does. A jail that starts or stops bans nobody. */
const ACTIONS: StatusTable = { ban: 'firing', banned: 'firing', actionban: 'firing', unban: 'resolved', unbanned: 'resolved', actionunban: 'resolved' }
const SILENT = new Set(['start', 'started', 'actionstart', 'stop', 'stopped', 'actionstop', 'check', 'actioncheck', 'flush', 'actionflush'])

/** One action, as the fields or the sentence an action file writes; an array where a relay gathered several. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(body: unknown, path: string): Normalised {
  const fields = new Fields(isObject(body) ? body : { text: body })
  const text = fields.any('event', 'text', 'body', 'content', 'message', 'subject', 'title')
  const told = readSentence(text)
  const ip = replaced(fields.any('bannedip', 'ip', 'ipaddress', 'srcip', 'sourceip', 'attackerip')) ?? told.ip
  const jail = replaced(fields.any('jail', 'jailname', 'name', 'service', 'resource')) ?? told.jail
  const action = fields.any('action', 'actiontype', 'type', 'status')?.toLowerCase() ?? null
  if (action !== null && SILENT.has(action) || ip === null && told.isService) return []
  if (ip === null && jail === null) return [reject(path, 'no `ip` and no `jail`; let the action file send the template of this tool\'s guide')]
  const host = replaced(fields.any('hostname', 'fqhostname', 'fqdn', 'host', 'server', 'node')) ?? told.host
  const status = statusOf(action, told.status)
  return [
    makeAlert({
      source: 'fail2ban',
      // Fail2Ban numbers nothing: host, jail and address tie a ban to its end.
      externalId: ip === null ? null : [host, jail, ip].map((part) => part ?? '').join(':'),
      asset: host,
      signature: jail,
      severity: severityFrom(SEVERITY_WORDS, fields.any('severity', 'level', 'priority')),
      status,
      title: text ?? `${jail ?? 'Fail2Ban'}: ${ip ?? ''} ${status === 'resolved' ? 'unbanned' : 'banned'}`,
      message: fields.any('matches', 'message', 'description') ?? text,
      startsAtMs: status === 'resolved' ? null : instantMs(fields.any('time', 'timestamp', 'bantime', 'date')),
      labels: [
        ['bannedIp', ip],
        ['jail', jail],
        ['failures', fields.any('failures', 'attempts', 'ipfailures')],
        ['bancount', fields.any('bancount')],
        ['country', fields.any('country', 'ipcountry')],
        ['port', fields.any('port')],
        ['protocol', fields.any('protocol')],
        ['environment', fields.any('environment')],
      ],
    }),
  ]
}

/** A tag that Fail2Ban did not replace, such as `<ip>`, says nothing. */
function replaced(text: string | null): string | null {
  return text !== null && /^<[\w./-]{1,60}>$/.test(text.slice(0, 64)) ? null : text
}

/** The action's word, else the sentence; an action file that sends neither is called for bans. */
function statusOf(action: string | null, told: AlertStatus | null): AlertStatus {
  const known = statusFrom(ACTIONS, action)
  return known === 'unknown' ? (told ?? 'firing') : known
}
