/** What `aw doctor` says of ticket systems and of the master key: one line each, with how to mend. */
import type { ConnectorStatus, MasterKeyView } from '../schemas/connection-views.ts'
import type { Finding } from './finding.ts'

/** How connections stand. One in use that cannot be reached or does not prove itself is a failure; one that is not in use a note. */
export function connectorFindings(items: readonly ConnectorStatus[]): Finding[] {
  if (items.length === 0) return [{ what: 'ticket systems', state: 'ok', detail: 'none is connected; `aw connect <connector>` connects one' }]
  return items.map(finding)
}

/** Shows what a person is asked; the advice names it too, unless there is something else to mend first. */
const ASK = 'aw ticket matches --status asked'

function finding(one: ConnectorStatus): Finding {
  const what = `${one.connector}: ${one.name}`
  const [worst] = [...one.budget].sort((a, b) => a.left / a.calls - b.left / b.calls)
  const facts = [
    one.isReachable === null ? null : one.isReachable ? 'reachable' : 'NOT reachable', one.isAuthorised === null ? null : one.isAuthorised ? 'authorised' : 'NOT authorised', worst === undefined ? null : `${worst.left} of ${worst.calls} ${worst.name} left`,
    one.blockedUntil === null ? null : `waits until ${one.blockedUntil}`, one.waiting === 0 ? 'nothing waits' : `${one.waiting} wait`, one.dead === 0 ? null : `${one.dead} given up (\`aw ticket outbox --status dead\` lists them)`, one.unmatched === 0 ? null : `${one.unmatched} without a company match${one.mend?.includes(ASK) === true ? '' : ` (\`${ASK}\` lists the questions)`}`,
  ].filter((fact) => fact !== null).join(', ')
  const isBroken = one.isReachable === false || one.isAuthorised === false || one.held !== null
  const why = [one.lastError, one.mend].filter((text) => text !== null).join(' ')
  if (!one.enabled) return { what, state: 'notice', detail: `not in use${one.waiting === 0 ? '' : `, and ${one.waiting} ${one.waiting === 1 ? 'order waits' : 'orders wait'} for it (\`aw ticket outbox --status waiting\`)`}. ${one.mend ?? ''}`.trim() }
  if (isBroken) return { what, state: 'failed', detail: `${facts}: ${why}` }
  return { what, state: one.dead > 0 || one.unmatched > 0 || one.lastError !== null ? 'notice' : 'ok', detail: why === '' ? facts : `${facts}: ${why}` }
}

/** How stored secrets are sealed. */
export function masterKeyFindings({ sealed, left, unreadable, isUnderWay, error, next }: MasterKeyView): Finding[] {
  const what = 'master key'
  if (error !== null) return [{ what, state: 'failed', detail: `its change stopped: ${error}; \`aw master-key rotate\` goes on with it` }]
  if (unreadable.length > 0) return [{ what, state: 'failed', detail: `${unreadable.length === 20 ? '20 or more' : unreadable.length} stored secrets open under no key there is: store them again (${unreadable.join(', ')})` }]
  if (isUnderWay || left > 0) return [{ what, state: 'notice', detail: `${left} of ${sealed} secrets are under another key. ${next ?? ''}`.trim() }]
  return [{ what, state: next === null ? 'ok' : 'notice', detail: next ?? `${sealed} secrets are sealed under it` }]
}
