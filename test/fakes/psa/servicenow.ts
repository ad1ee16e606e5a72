/** ServiceNow as a program and as its technicians see it: tables with encoded queries, incidents with journals, affected items, choice values, ACLs by table, and the data policy that wants a resolution. Held to ../shared/specs/servicenow. */
import { createHash } from 'node:crypto'
import type { HookDelivery } from '../../../connectors/port.ts'
import type { TicketState } from '../../../schemas/tickets.ts'
import { holdCallsTo } from '../openapi.ts'
import type { PsaFake, PsaTicket, StartPsa } from './psa-fake.ts'
import { startPsaServer, type PsaAnswer, type PsaCall } from './psa-server.ts'
import { runQuery, type ServiceNowRow } from './servicenow-query.ts'

const USERNAME = 'alert.whisperer'
const PASSWORD = 'fake-servicenow-password-7Qp2'
const id = (name: string): string => createHash('md5').update(name).digest('hex')
const [ME, SAM, KIM, CALLER, GROUP, ACME, GLOBEX, SERVER, SECOND, ARTICLE] = ['me', 'sam', 'kim', 'caller', 'group', 'acme', 'globex', 'fs-01', 'fs-02', 'article'].map(id) as [string, string, string, string, string, string, string, string, string, string]
const WORDS: Readonly<Record<string, TicketState>> = { 1: 'open', 2: 'in_progress', 3: 'waiting', 6: 'resolved', 7: 'closed', 8: 'closed' }
const STATE: Readonly<Record<TicketState, string>> = { open: '1', assigned: '2', in_progress: '2', waiting: '3', resolved: '6', closed: '7', unknown: '8' }
const CHOICES: readonly (readonly [element: string, value: string, label: string])[] = [
  ['state', '1', 'New'], ['state', '2', 'In Progress'], ['state', '3', 'On Hold'], ['state', '6', 'Resolved'], ['state', '7', 'Closed'], ['state', '8', 'Canceled'],
  ['impact', '1', '1 - High'], ['impact', '2', '2 - Medium'], ['impact', '3', '3 - Low'], ['urgency', '1', '1 - High'], ['urgency', '2', '2 - Medium'], ['urgency', '3', '3 - Low'],
  ['close_code', 'Solution provided', 'Solution provided'], ['close_code', 'Duplicate', 'Duplicate'], ['category', 'hardware', 'Hardware'], ['contact_type', 'monitoring', 'Monitoring'],
]
/** Columns of each table, those reached over a reference among them. */
const COLUMNS: Readonly<Record<string, string>> = {
  incident: 'sys_id number short_description description state active impact urgency priority assigned_to assigned_to.email assignment_group company cmdb_ci parent_incident correlation_id correlation_display caller_id category subcategory contact_type close_code close_notes rfc work_notes comments hold_reason opened_at sys_created_on sys_created_by sys_updated_on sys_updated_by sys_mod_count',
  change_request: 'sys_id number short_description description type state correlation_id justification implementation_plan backout_plan test_plan cmdb_ci assignment_group sys_created_on sys_created_by sys_updated_on sys_updated_by sys_mod_count',
  sys_journal_field: 'sys_id element element_id name value sys_created_on sys_created_by', sys_attachment: 'sys_id file_name table_name table_sys_id content_type size_bytes', task_ci: 'sys_id task ci_item',
  sys_user: 'sys_id name user_name email active', sys_user_group: 'sys_id name active', sys_user_has_role: 'sys_id user.user_name role.name state', core_company: 'sys_id name website',
  cmdb_ci: 'sys_id name company serial_number asset_tag ip_address fqdn', kb_knowledge: 'sys_id number short_description text workflow_state', sys_choice: 'sys_id name element value label inactive language sequence',
}
const REFERENCES: Readonly<Record<string, string>> = { assigned_to: 'sys_user', caller_id: 'sys_user', company: 'core_company', cmdb_ci: 'cmdb_ci', parent_incident: 'incident', rfc: 'change_request', assignment_group: 'sys_user_group', ci_item: 'cmdb_ci', task: 'incident' }

/** Starts it. */
export const startServicenow: StartPsa = async ({ clock, hasLimits = false }) => {
  const user = (sys_id: string, user_name: string, name: string): ServiceNowRow => ({ sys_id, user_name, name, email: `${user_name.split('.')[0] ?? ''}@northwind-msp.example`, active: 'true' })
  const tables: Record<string, ServiceNowRow[]> = {
    incident: [], change_request: [], sys_journal_field: [], sys_attachment: [], task_ci: [],
    sys_user: [{ ...user(ME, USERNAME, 'Alert Whisperer'), email: '' }, user(SAM, 'sam.field', 'Sam Field'), user(KIM, 'kim.reyes', 'Kim Reyes'), user(CALLER, 'monitoring', 'Monitoring')], sys_user_group: [{ sys_id: GROUP, name: 'Service Desk', active: 'true' }],
    sys_user_has_role: ['itil', 'cmdb_read', 'knowledge', 'sn_change_write'].map((role) => ({ sys_id: id(role), 'user.user_name': USERNAME, 'role.name': role, state: 'active' })),
    core_company: [{ sys_id: ACME, name: 'Acme Corp', website: 'https://www.acme.example/' }, { sys_id: GLOBEX, name: 'Globex', website: '' }],
    cmdb_ci: [{ sys_id: SERVER, name: 'fs-01', company: ACME, serial_number: 'SN-1', asset_tag: '', ip_address: '10.0.0.5', fqdn: 'fs-01.acme.example' }, { sys_id: SECOND, name: 'fs-02', company: ACME, serial_number: 'SN-2', asset_tag: 'P1002', ip_address: '', fqdn: '' }, { sys_id: id('other'), name: 'fs-01', company: GLOBEX, serial_number: '', asset_tag: '', ip_address: '', fqdn: '' }],
    kb_knowledge: [{ sys_id: ARTICLE, number: 'KB0010001', short_description: 'Disk full on file servers', text: 'Empty the recycle bin.', workflow_state: 'published' }, { sys_id: id('draft'), number: 'KB0010002', short_description: 'Disk drafts', text: '', workflow_state: 'draft' }],
    sys_choice: CHOICES.flatMap(([element, value, label], at) => [{ sys_id: id(`${element}${value}`), name: 'incident', element, value, label, inactive: 'false', language: 'en', sequence: String(at).padStart(3, '0') }, { sys_id: id(`t${element}${value}`), name: 'task', element, value, label: `Task ${label}`, inactive: 'false', language: 'en', sequence: '900' }]),
  }
  const files = new Map<string, Buffer>()
  const withdrawn = new Set<string>()
  const hooks: HookDelivery[] = []
  const own: string[] = []
  const pageSize = 3
  let made = 0

  const stamp = (): string => new Date(clock.now()).toISOString().slice(0, 19).replace('T', ' ')
  const rowsOf = (table: string): ServiceNowRow[] => tables[table] ?? []
  const byId = (table: string, sysId: string): ServiceNowRow | undefined => rowsOf(table).find((row) => row.sys_id === sysId)
  const failed = (status: number, message: string, detail: string | null = null): PsaAnswer => ({ status, json: { error: { message, detail }, status: 'failure' } })

  const labelOf = (column: string, value: string): string => {
    const table = REFERENCES[column]
    if (table !== undefined) return value === '' ? '' : byId(table, value)?.name ?? byId(table, value)?.number ?? ''
    return CHOICES.find(([element, known]) => element === column && known === value)?.[2] ?? value
  }
  const reached = (row: ServiceNowRow): ServiceNowRow => ({ ...row, 'assigned_to.email': byId('sys_user', row.assigned_to ?? '')?.email ?? '' })
  const shown = (row: ServiceNowRow, { url }: PsaCall): Record<string, unknown> => {
    const fields = (url.searchParams.get('sysparm_fields') ?? Object.keys(row).join(',')).split(',')
    const isAll = url.searchParams.get('sysparm_display_value') === 'all'
    return Object.fromEntries(fields.map((column) => [column, isAll ? { value: reached(row)[column] ?? '', display_value: labelOf(column, reached(row)[column] ?? '') } : reached(row)[column] ?? '']))
  }
  const tell = (incident: ServiceNowRow): void => {
    const body = Buffer.from(JSON.stringify({ sys_id: incident.sys_id, number: incident.number, event: `${incident.sys_id ?? ''}:${incident.sys_mod_count ?? ''}` }))
    hooks.push({ headers: { 'content-type': 'application/json' }, query: {}, body, receivedAtMs: clock.now() })
  }
  /** Writes columns as the form would: journals apart, references only to what is there, a resolution before the end. Answers the refusal. */
  const write = (table: string, row: ServiceNowRow, values: Readonly<Record<string, unknown>>, by: string): PsaAnswer | null => {
    const columns = new Set((COLUMNS[table] ?? '').split(' '))
    for (const [column, value] of Object.entries(values)) {
      if (!columns.has(column) || /^(sys_|number$)/.test(column)) own.push(`${table}: ${column} is no column that is written, and ServiceNow would say nothing`)
      else if (typeof value !== 'string') own.push(`${table}: ${column} is ${typeof value}; values are strings`)
      else if (REFERENCES[column] !== undefined && value !== '' && byId(REFERENCES[column], value) === undefined) own.push(`${table}: ${column} names "${value}", which ServiceNow would look for by name, or make`)
    }
    const next = { ...row, ...(values as Record<string, string>) }
    if (table === 'incident' && ['6', '7'].includes(next.state ?? '') && ((next.close_code ?? '') === '' || (next.close_notes ?? '') === '')) return failed(403, 'Operation Failed', 'Data Policy Exception: Resolution code, Resolution notes are mandatory')
    for (const element of ['work_notes', 'comments']) if ((next[element] ?? '') !== '') rowsOf('sys_journal_field').push({ sys_id: id(`journal${++made}`), element, element_id: row.sys_id ?? '', name: table, value: next[element] ?? '', sys_created_on: stamp(), sys_created_by: by })
    Object.assign(row, next, { work_notes: '', comments: '', active: ['7', '8'].includes(next.state ?? '') ? 'false' : 'true', sys_updated_on: stamp(), sys_updated_by: by, sys_mod_count: String(Number(row.sys_mod_count ?? -1) + 1) })
    if (table === 'incident') tell(row)
    return null
  }
  const insert = (table: string, values: Readonly<Record<string, unknown>>, by: string): ServiceNowRow | PsaAnswer => {
    const task = { incident: 'INC', change_request: 'CHG' }[table]
    const row: ServiceNowRow = { sys_id: id(`${table}${++made}`), ...(task === undefined ? {} : { number: `${task}${String(10_000 + rowsOf(table).length + 1).padStart(7, '0')}`, state: '1', impact: '3', urgency: '3' }), sys_created_on: stamp(), sys_created_by: by }
    const refusal = write(table, row, values, by)
    if (refusal !== null) return refusal
    rowsOf(table).push(row)
    return row
  }

  const list = (table: string, call: PsaCall): PsaAnswer => {
    const { searchParams } = call.url
    for (const column of (searchParams.get('sysparm_fields') ?? '').split(',')) if (column !== '' && !(COLUMNS[table] ?? '').split(' ').includes(column)) own.push(`${table}: there is no column ${column}`)
    const found = runQuery(rowsOf(table), searchParams.get('sysparm_query') ?? '', new Set((COLUMNS[table] ?? '').split(' ')), (text) => own.push(`${table}: ${text}`))
    const from = Number(searchParams.get('sysparm_offset') ?? 0)
    const size = Math.min(Number(searchParams.get('sysparm_limit') ?? 10_000), table === 'incident' ? pageSize : 10_000)
    return { status: 200, json: { result: found.slice(from, from + size).map((row) => shown(row, call)) }, headers: searchParams.get('sysparm_no_count') === 'true' ? {} : { 'x-total-count': String(found.length) } }
  }
  const isRow = (value: ServiceNowRow | PsaAnswer): value is ServiceNowRow => 'sys_id' in value
  const answer = (call: PsaCall): PsaAnswer | null => {
    const { method, path, body, url } = call
    if (path === '/oauth_token.do') return { status: 200, json: { access_token: 'fake-servicenow-access-token', token_type: 'Bearer', expires_in: 1799, scope: 'useraccount' } }
    const proofs = [`Basic ${Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64')}`, 'Bearer fake-servicenow-access-token']
    if (!proofs.includes(call.headers.authorization ?? '')) return failed(401, 'User Not Authenticated', 'Required to provide Auth information')
    if (path === '/api/now/attachment/file' && method === 'POST') {
      if (withdrawn.has('sys_attachment')) return failed(403, 'Operation Failed', 'ACL Exception')
      const row = { sys_id: id(`file${++made}`), file_name: url.searchParams.get('file_name') ?? '', table_name: url.searchParams.get('table_name') ?? '', table_sys_id: url.searchParams.get('table_sys_id') ?? '', content_type: call.headers['content-type'] ?? '', size_bytes: String(call.raw.length) }
      rowsOf('sys_attachment').push(row)
      files.set(row.sys_id, call.raw)
      return { status: 201, json: { result: row } }
    }
    if (path === '/api/now/attachment' && method === 'GET') return list('sys_attachment', call)
    const [, table, sysId] = /^\/api\/now\/table\/([a-z_]+)(?:\/([0-9a-f]{32}))?$/.exec(path) ?? []
    if (table === undefined || tables[table] === undefined) return null
    if (withdrawn.has(table)) return failed(403, 'Operation Failed', `ACL Exception: ${table} denied`)
    if (sysId === undefined) {
      if (method === 'GET') return list(table, call)
      if (method !== 'POST') return null
      const row = insert(table, body as Record<string, unknown>, USERNAME)
      return isRow(row) ? { status: 201, json: { result: shown(row, call) } } : row
    }
    const row = byId(table, sysId)
    if (row === undefined) return failed(404, 'No Record found', 'Record doesn\'t exist or ACL restricts the record retrieval')
    if (method === 'GET') return { status: 200, json: { result: shown(row, call) } }
    // "Closed incidents cannot be reopened" (Reopening an incident, product documentation): the rights to write incidents end there, and the refusal is that of any missing right.
    if (method === 'PATCH' && table === 'incident' && row.state === '7') return failed(403, 'Operation Failed', 'ACL Exception Update Failed due to security constraints')
    return method === 'PATCH' ? write(table, row, body as Record<string, unknown>, USERNAME) ?? { status: 200, json: { result: shown(row, call) } } : null
  }

  const server = await startPsaServer({
    // Any column of a table may be written; which there are, the fake itself looks after.
    clock, judges: [holdCallsTo('servicenow/openapi.json', { isStrict: false })], answer,
    limits: hasLimits ? [{ name: 'rule', calls: 3_600, windowMs: 3_600_000, key: () => USERNAME }] : [],
    // The page on inbound rate limiting names these three headers and no other.
    refuse: (_limit, waitMs) => ({ ...failed(429, 'Rate limit exceeded', 'Rate limit has been exceeded for the rule'), headers: { 'x-ratelimit-limit': '3600', 'x-ratelimit-reset': String(Math.ceil((clock.now() + waitMs) / 1_000)), 'x-ratelimit-rule': 'Alert Whisperer' } }),
  })

  const removed: ServiceNowRow[] = []
  const incident = (sysId: string): ServiceNowRow => {
    const found = byId('incident', sysId)
    if (found === undefined) throw new Error(`the fake has no incident ${sysId}`)
    return found
  }
  const asPerson = (sysId: string, values: Readonly<Record<string, string>>, by = 'sam.field'): void => {
    const refusal = write('incident', incident(sysId), values, by)
    if (refusal !== null) throw new Error(JSON.stringify(refusal.json))
  }
  /** As the activity stream shows it: what stands between code marks is HTML. */
  const read = (text: string): string => text.replace(/\[code\]([\s\S]*?)\[\/code\]/gi, (_all, html: string) => html.replace(/<[^>]*>/g, '')).replaceAll('\u200b', '')
  const orNull = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text)
  const seen = (row: ServiceNowRow): PsaTicket => {
    const sysId = row.sys_id ?? ''
    const parentId = orNull(row.parent_incident)
    return {
      id: sysId, number: row.number ?? '', title: read(row.short_description ?? ''), text: read(row.description ?? ''), externalRef: orNull(row.correlation_id), statusId: row.state ?? '', state: WORDS[row.state ?? ''] ?? 'unknown', priorityId: `${row.impact ?? ''}-${row.urgency ?? ''}`,
      assigneeId: orNull(row.assigned_to), companyId: orNull(row.company), assetIds: [...(orNull(row.cmdb_ci) === null ? [] : [row.cmdb_ci ?? '']), ...rowsOf('task_ci').filter(({ task }) => task === sysId).map((one) => one.ci_item ?? '')],
      parentId, mergedIntoId: null, resolution: orNull(row.close_notes), linkedIds: [...(parentId === null ? [] : [parentId]), ...rowsOf('incident').filter((one) => one.parent_incident === sysId).map((one) => one.sys_id ?? '')], isDeleted: removed.includes(row),
      notes: rowsOf('sys_journal_field').filter(({ element_id }) => element_id === sysId).map((one) => ({ id: one.sys_id ?? '', text: read(one.value ?? ''), isPublic: one.element === 'comments', isOurs: one.sys_created_by === USERNAME })),
      attachments: rowsOf('sys_attachment').filter(({ table_sys_id }) => table_sys_id === sysId).map((one) => ({ name: one.file_name ?? '', bytes: files.get(one.sys_id ?? '') ?? Buffer.alloc(0), isPublic: false })), times: [],
    }
  }
  const fake: PsaFake & { readonly changeRequests: () => readonly ServiceNowRow[]; readonly incidents: () => readonly ServiceNowRow[] } = {
    connector: 'servicenow', baseUrl: server.origin, auth: 'basic', fields: { username: USERNAME }, credentials: { password: PASSWORD }, webhookSecret: 'fake-servicenow-address-part',
    mapping: { place: { closeCode: 'Solution provided', assignmentGroup: GROUP, callerId: CALLER } }, pageSize, hooks, isHeld: server.isHeld, calls: server.calls,
    get faults() {
      return [...server.faults, ...own]
    },
    world: {
      company: { id: ACME, name: 'Acme Corp' }, otherCompany: { id: GLOBEX, name: 'Globex' }, asset: { id: SERVER, name: 'fs-01' }, article: { id: ARTICLE, title: 'Disk full on file servers' },
      users: [{ id: SAM, name: 'Sam Field', email: 'sam@northwind-msp.example' }, { id: KIM, name: 'Kim Reyes', email: 'kim@northwind-msp.example' }],
    },
    rights: ['incident', 'sys_journal_field', 'sys_attachment', 'sys_user', 'core_company', 'cmdb_ci', 'kb_knowledge', 'change_request', 'sys_choice', 'itil'],
    withdraw(right) {
      withdrawn.add(right)
      tables.sys_user_has_role = rowsOf('sys_user_has_role').filter((row) => row['role.name'] !== right)
    },
    tickets: () => [...rowsOf('incident'), ...removed].sort((a, b) => (a.number ?? '').localeCompare(b.number ?? '')).map(seen),
    changeRequests: () => rowsOf('change_request'), incidents: () => rowsOf('incident'),
    technician: {
      open(title, text = title) {
        const row = insert('incident', { short_description: title, description: text, caller_id: CALLER }, 'sam.field')
        if (!isRow(row)) throw new Error(JSON.stringify(row.json))
        return row.sys_id ?? ''
      },
      comment: (ticketId, text, isPublic = false) => asPerson(ticketId, isPublic ? { comments: text } : { work_notes: text }),
      setStatus: (ticketId, state) => asPerson(ticketId, { state: STATE[state], ...(state === 'resolved' || state === 'closed' ? { close_code: 'Solution provided', close_notes: 'Done.' } : {}) }),
      close: (ticketId) => asPerson(ticketId, { state: '7', close_code: 'Solution provided', close_notes: 'Done.' }),
      reassign: (ticketId, userId) => asPerson(ticketId, { assigned_to: userId ?? '' }),
      merge() {
        throw new Error('ServiceNow merges nothing')
      },
      remove(ticketId) {
        const row = incident(ticketId)
        tables.incident = rowsOf('incident').filter((one) => one !== row)
        removed.push(row)
        tell(row)
      },
    },
    trouble: server.trouble, calm: server.calm, taken: server.taken, stop: server.stop,
  }
  return fake
}
