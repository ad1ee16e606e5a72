import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import type { CallFilter } from '../../schemas/call-views.ts'
import type { SuppressedQuery } from '../../schemas/quiet-views.ts'
import { exportChain, verifyChain, type AuditExportQuery } from '../audit/chain.ts'
import { analysisQueries } from '../analyses/usage.ts'
import { channelStore } from '../notices/channels.ts'
import { openSecretBox, type MasterKey } from '../secret-box.ts'
import type { PageQuery } from '../../schemas/views.ts'
import { getCall, listCalls } from '../tickets/call-queries.ts'
import { outboxDesk } from '../tickets/outbox-desk.ts'
import { assetStore } from './assets.ts'
import { listAudit, writeAudit, type AuditQuery } from './audit.ts'
import { commandStore } from './commands.ts'
import { companyStore } from './companies.ts'
import { countIncidents, getIncident, listIncidents, type IncidentQuery } from './incidents.ts'
import { integrationStore } from './integrations.ts'
import { mspSettingsStore } from './msp-settings.ts'
import { ruleStore } from './rules.ts'
import { listDifferences, type DifferenceQuery } from './settings-diff.ts'
import { labelStore } from './labels.ts'
import type { SqlDatabase } from './sql.ts'
import { listSuppressed } from './suppressed.ts'
import { topologyStore } from './topologies.ts'
import { userStore } from './users.ts'

/** Everything the API keeps in the database, over one connection pool. Throws `config_invalid` for a master key that is not 32 bytes. */
export function openStores(db: SqlDatabase, options: { readonly clock: Clock; readonly masterKey: MasterKey }) {
  const shared = { clock: options.clock, box: openSecretBox(options.masterKey) }
  return {
    companies: companyStore(db, shared),
    integrations: integrationStore(db, shared),
    assets: assetStore(db, shared),
    topologies: topologyStore(db, shared),
    users: userStore(db, shared),
    channels: channelStore(db, shared),
    commands: commandStore(db, shared),
    labels: labelStore(db),
    rules: ruleStore(db, shared),
    settings: { ...mspSettingsStore(db, shared), diff: (scope: Scope, query: DifferenceQuery) => listDifferences(db, scope, query) },
    analyses: analysisQueries(db, shared),
    incidents: {
      list: (scope: Scope, query: IncidentQuery) => listIncidents(db, scope, query),
      get: (scope: Scope, id: string) => getIncident(db, scope, id),
      counts: (scope: Scope, companyId: string | null) => countIncidents(db, scope, companyId),
    },
    calls: {
      list: (scope: Scope, query: CallFilter & PageQuery) => listCalls(db, scope, query),
      get: (scope: Scope, id: string) => getCall(db, scope, id),
    },
    ticketOrders: outboxDesk(db, shared),
    suppressed: { list: (scope: Scope, query: SuppressedQuery) => listSuppressed(db, scope, query) },
    audit: {
      list: (scope: Scope, query: AuditQuery) => listAudit(db, scope, query),
      export: (scope: Scope, query: AuditExportQuery) => exportChain(db, scope, query),
      verify: (expected: { readonly seq: number; readonly hash: string } | null) => verifyChain(db, expected),
      write: (caller: Caller, line: { companyId: string | null; action: string; subject: string; after?: unknown }) =>
        writeAudit(db, caller, { after: null, ...line, before: null }, options.clock.now()),
    },
  }
}
