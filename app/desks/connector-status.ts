/** How a connection stands, from what is known of it: its check, its newest call, its account's budget, its queue. Pure. */
import type { TicketConnector } from '../../connectors/port.ts'
import type { BudgetLeft, ConnectorStatus } from '../../schemas/connection-views.ts'
import type { ConnectionCheck, ConnectionView } from '../../schemas/tickets.ts'

/** What the budget and the outbox know of an account. */
export interface AccountFacts {
  readonly limits: readonly BudgetLeft[]
  readonly blockedUntil: string | null
  readonly held: string | null
  readonly waiting: number
  readonly dead: number
  readonly lastOkAt: string | null
  readonly lastError: string | null
}

/** What a probe found, by connection. */
export type Probed = ReadonlyMap<string, ConnectionCheck>

/** The newest call of a connection. */
export interface NewestCall {
  readonly code: string | null
  readonly error: string | null
  readonly at: string
}

const NOT_REACHED = new Set(['unreachable', 'tls', 'timeout', 'cut_off'])
const NOT_PROVEN = new Set(['unauthorized', 'forbidden', 'misconfigured'])

/** Joins it. What was tried just now counts before what was seen last. */
export function connectorStatus(view: ConnectionView, connector: Pick<TicketConnector, 'id' | 'config'> | null, facts: AccountFacts | null, newest: NewestCall | null, probed: ConnectionCheck | null, unmatched = 0): ConnectorStatus {
  const failed = (probed ?? (newest === null ? view.check : null))?.findings.find(({ ok }) => !ok) ?? null
  const heldCode = facts?.held ?? null
  // A probe that failed leaves a call behind, whose code tells what it was, unless there was nothing to call with.
  const code = probed?.ok === true ? null : newest?.code ?? (probed !== null && failed?.name === 'credentials' ? 'unauthorized' : null)
  const isFine = probed === null ? newest !== null && newest.code === null : probed.ok
  const lastError = probed?.ok === true ? null : failed?.text ?? view.lastError ?? newest?.error ?? (heldCode === null ? null : facts?.lastError ?? null)
  const asChecked = code !== null || view.check?.ok !== true ? null : true
  const isReachable = isFine ? true : newest === null ? asChecked : newest.code === null || !NOT_REACHED.has(newest.code)
  const isAuthorised = !view.isConnected || (heldCode !== null && NOT_PROVEN.has(heldCode)) || (code !== null && NOT_PROVEN.has(code)) ? false : isFine ? true : asChecked
  return {
    connectionId: view.id, companyId: view.companyId, connector: view.connector, name: view.name, environment: view.environment, enabled: view.enabled, isConnected: view.isConnected, isReachable, isAuthorised,
    budget: facts?.limits ?? [], blockedUntil: facts?.blockedUntil ?? null, held: heldCode, waiting: facts?.waiting ?? 0, dead: facts?.dead ?? 0, unmatched, checkedAt: view.checkedAt, lastUsedAt: view.lastUsedAt, tokenExpiresAt: view.tokenExpiresAt,
    lastOkAt: facts?.lastOkAt ?? (newest?.code === null ? newest.at : null), lastError, mend: mendOf(view, connector, heldCode ?? code, lastError) ?? matchOf(unmatched),
  }
}

/** How to mend it, in the words of the connector's guide where it knows the error. */
function mendOf(view: ConnectionView, connector: Pick<TicketConnector, 'id' | 'config'> | null, code: string | null, error: string | null): string | null {
  const named = JSON.stringify(view.name)
  if (connector === null) return `There is no connector ${view.connector} in this release: remove the connection, or start the release it was made with.`
  if (!view.isConnected) return `\`aw connect ${view.connector} --name ${named}\` prints an address at which somebody agrees.`
  const known = connector.config.guide.troubleshooting.find((trouble) => trouble.error === code) ?? connector.config.guide.troubleshooting.find((trouble) => error?.toLowerCase().includes(trouble.error.toLowerCase()) === true)
  if (error !== null || code !== null) return known === undefined ? `\`aw connection check ${named}\` says what is wrong; docs/connectors/${view.connector}.md tells what is to be set up there.` : `${known.means} ${known.mend}`
  if (view.check === null) return `It was never checked since it was changed: \`aw connection check ${named} --enable\` checks it and puts it into use.`
  if (!view.enabled) return view.check.ok ? `It works and is not in use: \`aw connection enable ${named}\`.` : `\`aw connection check ${named}\` says what is wrong.`
  return null
}

/** How to say whose a company is, where incidents wait for it. */
function matchOf(unmatched: number): string | null {
  if (unmatched === 0) return null
  return `${unmatched} ${unmatched === 1 ? 'incident waits' : 'incidents wait'} until somebody says which customer is meant: \`aw ticket matches --status asked\` lists the questions with the commands that answer them, and so does the company's page.`
}
