/** Tickets as people see them. */
import type { Scope } from '../../schemas/access.ts'
import { AppError } from '../../schemas/errors.ts'
import type { TicketView } from '../../schemas/tickets.ts'
import { visibleIncidents } from '../queries/scope.ts'
import { iso, Params, whole, type Sql } from '../queries/sql.ts'

/** Tickets shown with an incident. */
const SHOWN_MAX = 50

const COLUMNS = `t.id, t.company_id as "companyId", t.incident_id as "incidentId", coalesce(t.connection_id, '') as "connectionId", t.connector, t.environment, t.external_ref as "externalRef", t.external_id as "externalId", t.number, t.url, t.title,
  t.state, t.status_text as "statusText", t.external_assignee ->> 'name' as assignee, t.origin, t.link_kind as "linkKind", t.is_automatic as "isAutomatic", t.generation, t.parent_ticket_id as "parentTicketId", t.is_touched as "isTouched",
  t.is_simulated as "isSimulated", (t.mode = 'dry-run' and t.origin = 'own') as "isPlanned", ${whole(`(select count(*) from ticket_outbox o where o.ticket_id = t.id and o.status in ('waiting', 'calling', 'dead'))`)} as waiting,
  ${iso('t.last_synced_at')} as "lastSyncedAt", t.last_error as "lastError", ${iso('t.created_at')} as "createdAt"`

/** Tickets of an incident and of those merged into it, own ones first, the newest generation first. The caller has made sure that the incident may be seen. */
export function ticketViews(sql: Sql, incidentId: string, companyId: string): Promise<readonly TicketView[]> {
  return sql.query(`select ${COLUMNS} from tickets t where t.incident_id in (select * from incident_ids($1)) and t.company_id = $2 order by t.origin desc, t.generation desc, t.created_at desc, t.id limit ${SHOWN_MAX}`, [incidentId, companyId])
}

/** One ticket of an incident the caller may see. Throws `not_found`. */
export async function ticketView(sql: Sql, scope: Scope, id: string): Promise<TicketView> {
  const params = new Params()
  const [row] = await sql.query<TicketView>(`select ${COLUMNS} from tickets t join incidents i on i.id = t.incident_id where t.id = ${params.add(id)} and ${visibleIncidents(scope, params, 'i')}`, params.values)
  if (row === undefined) throw new AppError('not_found', 'there is no such ticket')
  return row
}
