/** Jira Service Management as a program and as its agents see it: requests made by a form, workflows with transitions and screens, internal comments, work logs, links, a search that knows minutes. Held to ../shared/specs/jira-service-management. */
import { createHmac } from 'node:crypto'
import type { HookDelivery } from '../../../connectors/port.ts'
import type { TicketState } from '../../../schemas/tickets.ts'
import { holdCallsTo } from '../openapi.ts'
import { runJql, type JqlIssue } from './jira-jql.ts'
import type { PsaFake, PsaTicket, StartPsa } from './psa-fake.ts'
import { startPsaServer, type PsaAnswer, type PsaCall } from './psa-server.ts'

type Body = Record<string, unknown>
interface Comment { id: string; body: string; isPublic: boolean; author: string; createdMs: number }
interface Issue {
  id: string; key: string; summary: string; description: string; labels: string[]; priority: string; status: string; resolution: string | null; assignee: string | null; organisation: number | null; createdMs: number; updatedMs: number; isRemoved: boolean
  comments: Comment[]; files: { id: string; filename: string; bytes: Buffer }[]; times: { id: string; seconds: number; text: string }[]; links: { type: string; from: string; to: string }[]
}

const EMAIL = 'alerts@northwind-msp.example'
const TOKEN = 'ATATT3xFfakeJiraToken0123'
const SECRET = 'fake-jira-webhook-secret'
const [ME, SAM, KIM, CLEO] = ['557058:me', '557058:sam', '557058:kim', 'qm:cleo'] as const
const PEOPLE = [
  { accountId: ME, displayName: 'Alert Whisperer', emailAddress: EMAIL, accountType: 'atlassian', active: true }, { accountId: SAM, displayName: 'Sam Field', emailAddress: 'sam@northwind-msp.example', accountType: 'atlassian', active: true },
  { accountId: KIM, displayName: 'Kim Reyes', emailAddress: 'kim@northwind-msp.example', accountType: 'atlassian', active: true }, { accountId: CLEO, displayName: 'Cleo Client', emailAddress: 'cleo@acme.example', accountType: 'customer', active: true },
] as const
const ORGANISATIONS = [{ id: '1', name: 'Acme Corp' }, { id: '2', name: 'Globex' }, { id: '3', name: 'Initech' }, { id: '4', name: 'Umbrella' }]
const ORG_FIELD = 'customfield_10002'
type Flow = Readonly<Record<string, { readonly id: string; readonly category: string; readonly state: TicketState; readonly to: readonly string[] }>>
/** Statuses by name, with their category and where each leads. */
const FLOW: Flow = {
  Open: { id: '1', category: 'new', state: 'open', to: ['Work in progress', 'Pending', 'Completed', 'Closed'] }, 'Work in progress': { id: '3', category: 'indeterminate', state: 'in_progress', to: ['Open', 'Pending', 'Completed', 'Closed'] },
  Pending: { id: '5', category: 'indeterminate', state: 'waiting', to: ['Open', 'Work in progress', 'Completed', 'Closed'] }, Completed: { id: '6', category: 'done', state: 'resolved', to: ['Open', 'Closed', 'Work in progress'] }, Closed: { id: '7', category: 'done', state: 'closed', to: ['Open'] },
}
const STATUS: Readonly<Record<TicketState, string>> = { open: 'Open', assigned: 'Open', in_progress: 'Work in progress', waiting: 'Pending', resolved: 'Completed', closed: 'Closed', unknown: 'Pending' }
const PRIORITIES = ['Highest', 'High', 'Medium', 'Low', 'Lowest']
const LINKS = ['Problem/Incident', 'Duplicate', 'Relates']
const PERMISSIONS: Readonly<Record<string, string>> = { 'Create issues': 'CREATE_ISSUES', 'Edit issues': 'EDIT_ISSUES', 'Add comments': 'ADD_COMMENTS', 'Transition issues': 'TRANSITION_ISSUES', 'Assign issues': 'ASSIGN_ISSUES', 'Create attachments': 'CREATE_ATTACHMENTS', 'Work on issues': 'WORK_ON_ISSUES', 'Link issues': 'LINK_ISSUES', 'Service desk agent': 'SERVICEDESK_AGENT', 'Browse users and groups': 'USER_PICKER', 'Browse projects': 'BROWSE_PROJECTS' }
const DOCS = 'https://developer.atlassian.com/cloud/jira'

/** Starts it. */
export const startJira: StartPsa = async (options) => startJiraWith(options)

/** The same with a form of its own, or a workflow: where statuses lead. */
export async function startJiraWith({ clock, hasLimits = false, form = ['summary', 'description', 'labels'], leads = {} }: Parameters<StartPsa>[0] & { readonly form?: readonly string[]; readonly leads?: Readonly<Record<string, readonly string[]>> }): Promise<PsaFake> {
  const issues: Issue[] = []
  const withdrawn = new Set<string>()
  const hooks: HookDelivery[] = []
  const own: string[] = []
  const pageSize = 3
  let made = 10_000

  const iso = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000')
  const refused = (status: number, ...errorMessages: readonly string[]): PsaAnswer => ({ status, json: { errorMessages, errors: {} } })
  const person = (id: string | null): Body | null => PEOPLE.find(({ accountId }) => accountId === id) ?? null
  const issueOf = (id: string): Issue | undefined => issues.find((one) => !one.isRemoved && (one.id === id || one.key === id))
  const statusOf = (name: string): Body => ({ id: FLOW[name]?.id, name, statusCategory: { id: 1, key: FLOW[name]?.category, name: FLOW[name]?.category } })
  const fieldsOf = (issue: Issue): Body => ({
    summary: issue.summary, description: issue.description, status: statusOf(issue.status), priority: { id: '1', name: issue.priority }, assignee: person(issue.assignee), labels: issue.labels, created: iso(issue.createdMs), updated: iso(issue.updatedMs), project: { key: 'SUP' },
    resolution: issue.resolution === null ? null : { name: issue.resolution }, attachment: issue.files.map(({ id, filename }) => ({ id, filename })), [ORG_FIELD]: issue.organisation === null ? [] : [ORGANISATIONS.find(({ id }) => id === String(issue.organisation))],
    issuelinks: issue.links.map(({ type, from, to }, at) => ({ id: String(at), type: { name: type }, ...(from === issue.id ? { outwardIssue: { id: to, key: issueOf(to)?.key } } : { inwardIssue: { id: from, key: issueOf(from)?.key } }) })),
  })
  const shown = (issue: Issue, wanted: readonly string[] | null): Body => ({ id: issue.id, key: issue.key, self: `https://northwind.atlassian.net/rest/api/2/issue/${issue.id}`, fields: Object.fromEntries(Object.entries(fieldsOf(issue)).filter(([name]) => wanted === null || wanted.includes(name))) })
  const touch = (issue: Issue, webhookEvent = 'jira:issue_updated'): void => {
    issue.updatedMs = clock.now()
    const body = Buffer.from(JSON.stringify({ timestamp: clock.now(), webhookEvent, issue: { id: issue.id, key: issue.key, fields: {} } }))
    hooks.push({ headers: { 'content-type': 'application/json', 'x-atlassian-webhook-identifier': `hook-${++made}`, 'x-hub-signature': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}` }, query: {}, body, receivedAtMs: clock.now() })
  }
  const write = (issue: Issue, fields: Body, by: 'form' | 'edit'): PsaAnswer | null => {
    for (const [name, value] of Object.entries(fields)) {
      if (name === 'summary') {
        if (String(value).length > 255 || /[\r\n]/.test(String(value))) return refused(400, 'The summary is invalid')
        issue.summary = String(value)
      } else if (name === 'description') issue.description = String(value)
      else if (name === 'labels') issue.labels = value as string[]
      else if (name === 'priority') {
        const priority = (value as { name: string }).name
        if (!PRIORITIES.includes(priority)) return { status: 400, json: { errorMessages: [], errors: { priority: 'The priority selected is invalid.' } } }
        issue.priority = priority
      } else if (name === ORG_FIELD) issue.organisation = (value as number[])[0] ?? null
      else if (name === 'assignee' && by === 'edit') issue.assignee = value === null ? null : (value as { accountId: string }).accountId
      else return { status: 400, json: { errorMessages: [], errors: { [name]: `Field '${name}' cannot be set. It is not on the appropriate screen, or unknown.` } } }
    }
    touch(issue)
    return null
  }
  const blank = (): Issue => ({ id: String(++made), key: `SUP-${issues.length + 1}`, summary: '', description: '', labels: [], priority: 'Medium', status: 'Open', resolution: null, assignee: null, organisation: null, createdMs: clock.now(), updatedMs: clock.now(), isRemoved: false, comments: [], files: [], times: [], links: [] })
  const comment = (issue: Issue, body: string, isPublic: boolean, author: string): Comment => {
    if (body.length > 32_767) own.push('a comment of more than 32,767 characters')
    const written = { id: String(++made), body, isPublic, author, createdMs: clock.now() }
    issue.comments.push(written)
    touch(issue, 'comment_created')
    return written
  }
  const create = (input: Body): PsaAnswer => {
    const values = input.requestFieldValues as Body
    if (input.serviceDeskId !== '2' || input.requestTypeId !== '25') return { status: 400, json: { errorMessage: 'Your request could not be created. The request type or service desk does not exist.' } }
    const outside = Object.keys(values).find((name) => !form.includes(name))
    if (outside !== undefined) return { status: 400, json: { errorMessage: `Your request could not be created. Field ${outside} is not part of the request type.` } }
    const issue = blank()
    const refusal = write(issue, values, 'form')
    if (refusal !== null) return refusal
    issues.push(issue)
    return { status: 201, json: { issueId: issue.id, issueKey: issue.key, requestTypeId: '25', serviceDeskId: '2', currentStatus: { status: issue.status } } }
  }
  const move = (issue: Issue, to: string, resolution: string | null): void => {
    issue.status = to
    issue.resolution = FLOW[to]?.category === 'done' ? resolution ?? 'Done' : null
    touch(issue)
  }
  const transitions = (issue: Issue): Body[] => (leads[issue.status] ?? FLOW[issue.status]?.to ?? []).map((name) => ({ id: String(100 + Number(FLOW[name]?.id)), name: name === 'Open' ? 'Reopen' : `To ${name}`, to: statusOf(name), ...(FLOW[name]?.category === 'done' ? { fields: { resolution: { required: true, schema: { type: 'resolution' }, name: 'Resolution', key: 'resolution', operations: ['set'], allowedValues: [{ name: 'Done' }, { name: 'Duplicate' }] } } } : {}) }))

  const paged = (values: readonly unknown[], { url }: PsaCall): PsaAnswer => {
    const start = Number(url.searchParams.get('start') ?? 0)
    const limit = Math.min(pageSize, Number(url.searchParams.get('limit') ?? 50))
    return { status: 200, json: { size: Math.min(limit, Math.max(values.length - start, 0)), start, limit, isLastPage: start + limit >= values.length, values: values.slice(start, start + limit) } }
  }
  const search = (input: Body): PsaAnswer => {
    const all = issues.filter(({ isRemoved }) => !isRemoved).map((one): JqlIssue => ({ id: Number(one.id), key: one.key, project: 'SUP', summary: one.summary, text: [one.description, ...one.comments.map(({ body }) => body)].join(' '), labels: one.labels, createdMs: one.createdMs, updatedMs: one.updatedMs }))
    const found = runJql(all, String(input.jql), clock.now())
    const from = Number(input.nextPageToken ?? 0)
    const limit = Math.min(pageSize, Number(input.maxResults ?? 50))
    const isLast = from + limit >= found.length
    return { status: 200, json: { issues: found.slice(from, from + limit).map(({ id }) => shown(issueOf(String(id)) as Issue, input.fields as string[])), isLast, ...(isLast ? {} : { nextPageToken: String(from + limit) }) } }
  }

  const answer = (call: PsaCall): PsaAnswer | null => {
    const { method, url, path, body, files } = call
    const input = (body ?? {}) as Body
    if (call.headers.authorization !== `Basic ${Buffer.from(`${EMAIL}:${TOKEN}`).toString('base64')}`) return refused(401, 'Client must be authenticated to access this resource.')
    const is = (wanted: string, pattern: RegExp): boolean => method === wanted && pattern.test(path)
    const desk = (answered: () => PsaAnswer): PsaAnswer => (withdrawn.has('Service desk agent') ? { status: 403, json: { errorMessage: 'You do not have permission to view this service desk.' } } : answered())
    if (is('GET', /\/myself$/)) return { status: 200, json: PEOPLE[0] }
    if (is('GET', /\/mypermissions$/)) return { status: 200, json: { permissions: Object.fromEntries((url.searchParams.get('permissions') ?? '').split(',').map((key) => [key, { key, havePermission: !['ADMINISTER', 'SYSTEM_ADMIN'].includes(key) && !Object.entries(PERMISSIONS).some(([name, known]) => known === key && withdrawn.has(name)) }])) } }
    if (is('GET', /\/api\/2\/field$/)) return { status: 200, json: [{ id: 'summary', name: 'Summary', schema: { system: 'summary' } }, { id: ORG_FIELD, name: 'Organizations', schema: { custom: 'com.atlassian.servicedesk:sd-customer-organizations' } }] }
    if (is('GET', /\/priority$/)) return { status: 200, json: PRIORITIES.map((name, at) => ({ id: String(at + 1), name })) }
    if (is('GET', /\/issueLinkType$/)) return { status: 200, json: { issueLinkTypes: LINKS.map((name, at) => ({ id: String(at), name })) } }
    if (is('GET', /\/project\/SUP\/statuses$/)) return { status: 200, json: [{ id: '10', name: 'Incident', subtask: false, statuses: Object.keys(FLOW).map(statusOf) }] }
    if (is('GET', /\/user\/search$/)) return { status: 200, json: PEOPLE.filter(({ displayName, emailAddress }) => `${displayName} ${emailAddress}`.toLowerCase().includes((url.searchParams.get('query') ?? '').toLowerCase())) }
    if (is('GET', /\/servicedeskapi\/servicedesk$/)) return paged([{ id: '1', projectId: '10000', projectName: 'Human resources', projectKey: 'HR' }, { id: '2', projectId: '10001', projectName: 'Support', projectKey: 'SUP' }], call)
    if (is('GET', /\/servicedesk\/2\/requesttype$/)) return desk(() => paged(['Question', 'Access', 'Hardware', 'Incident'].map((name, at) => ({ id: String(22 + at), name, serviceDeskId: '2' })), call))
    if (is('GET', /\/servicedesk\/2\/requesttype\/25\/field$/)) return desk(() => ({ status: 200, json: { requestTypeFields: form.map((fieldId) => ({ fieldId, name: fieldId, required: fieldId === 'summary' })), canRaiseOnBehalfOf: true, canAddRequestParticipants: true } }))
    if (is('GET', /\/servicedeskapi\/organization$/)) return desk(() => paged(ORGANISATIONS, call))
    if (is('GET', /\/knowledgebase\/article$/)) return paged([{ title: 'Disk full on file servers', excerpt: '', source: { type: 'confluence', pageId: '8001', spaceKey: 'KB' }, content: { iframeSrc: 'https://northwind.atlassian.net/wiki/8001' } }].filter(({ title }) => title.toLowerCase().includes((url.searchParams.get('query') ?? '').toLowerCase())), call)
    if (is('POST', /\/search\/jql$/)) return search(input)
    if (is('POST', /\/servicedeskapi\/request$/)) return create(input)
    if (is('POST', /\/issueLink$/)) {
      const link = { type: (input.type as { name: string }).name, from: (input.inwardIssue as { id: string }).id, to: (input.outwardIssue as { id: string }).id }
      const ends = [issueOf(link.from), issueOf(link.to)]
      if (!LINKS.includes(link.type) || ends.includes(undefined)) return refused(404, 'No issue link type with that name, or an issue does not exist')
      for (const end of ends) {
        end?.links.push(link)
        if (end !== undefined) touch(end)
      }
      return { status: 201 }
    }
    const [, id, rest = ''] = /\/(?:api\/2\/issue|servicedeskapi\/request)\/([^/]+)(\/.*)?$/.exec(path) ?? []
    if (id === undefined) return null
    const issue = issueOf(decodeURIComponent(id))
    if (issue === undefined) return path.includes('servicedeskapi') ? { status: 404, json: { errorMessage: 'The request does not exist.' } } : refused(404, 'Issue does not exist or you do not have permission to see it.')
    const expand = url.searchParams.get('expand') ?? ''
    if (rest === '' && method === 'GET') return { status: 200, json: { ...shown(issue, (url.searchParams.get('fields') ?? '').split(',')), ...(expand.includes('transitions') ? { transitions: transitions(issue) } : {}), ...(expand.includes('editmeta') ? { editmeta: { fields: Object.fromEntries(['summary', 'description', 'labels', 'priority', 'assignee', ORG_FIELD].map((name) => [name, { required: false, schema: { type: 'string' }, name, key: name, operations: ['set'] }])) } } : {}) } }
    // The page says that it is ignored; the service refuses the whole edit (measured by others: 403 with these words, 204 without the parameter, for one and the same account without administration).
    if (rest === '' && method === 'PUT' && url.searchParams.get('notifyUsers') === 'false') return refused(403, 'To discard the user notification either admin or project admin permissions are required.')
    if (rest === '' && method === 'PUT') return write(issue, input.fields as Body, 'edit') ?? { status: 204 }
    if (rest === '/assignee' && method === 'PUT') {
      if (person(String(input.accountId)) === null) return refused(400, 'The user does not exist.')
      issue.assignee = String(input.accountId)
      touch(issue)
      return { status: 204 }
    }
    if (rest === '/transitions' && method === 'GET') return { status: 200, json: { expand: 'transitions', transitions: transitions(issue) } }
    if (rest === '/transitions' && method === 'POST') {
      const way = transitions(issue).find((one) => one.id === (input.transition as { id: string }).id)
      if (way === undefined) return refused(400, 'It seems that you have tried to perform a workflow operation that is not valid for the current state of this issue.')
      const resolution = ((input.fields as Body | undefined)?.resolution as { name: string } | undefined)?.name ?? null
      if (way.fields !== undefined && resolution === null) return { status: 400, json: { errorMessages: [], errors: { resolution: 'Resolution is required.' } } }
      move(issue, String((way.to as Body).name), resolution)
      return { status: 204 }
    }
    if (rest === '/comment' && method === 'POST') {
      const { id: commentId, createdMs } = comment(issue, String(input.body), input.public === true, ME)
      return { status: 201, json: { id: commentId, body: input.body, public: input.public, author: { accountId: ME, displayName: 'Alert Whisperer' }, created: { iso8601: iso(createdMs), epochMillis: createdMs } } }
    }
    if (rest === '/comment') {
      const startAt = Number(url.searchParams.get('startAt') ?? 0)
      const all = [...issue.comments].reverse()
      if (url.searchParams.get('orderBy') !== '-created') own.push('comments are asked for oldest first')
      const some = all.slice(startAt, startAt + Number(url.searchParams.get('maxResults') ?? 50))
      return { status: 200, json: { startAt, maxResults: some.length, total: all.length, comments: some.map((one) => ({ id: one.id, body: one.body, jsdPublic: one.isPublic, author: person(one.author), created: iso(one.createdMs), updated: iso(one.createdMs) })) } }
    }
    if (rest === '/attachments' && method === 'POST') {
      if (call.headers['x-atlassian-token'] !== 'no-check') return refused(403, 'XSRF check failed')
      // A part that may come often is a list over there.
      input.file = files.map(({ bytes }) => `(${bytes.length} bytes)`)
      const added = files.map(({ name, bytes }) => ({ id: String(++made), filename: name, bytes }))
      issue.files.push(...added)
      touch(issue)
      return { status: 200, json: added.map(({ id: fileId, filename, bytes }) => ({ id: fileId, filename, size: bytes.length, mimeType: 'text/plain' })) }
    }
    if (rest === '/worklog' && method === 'GET') return { status: 200, json: { startAt: 0, maxResults: 1_000, total: issue.times.length, worklogs: issue.times.map((one) => ({ id: one.id, comment: one.text, timeSpentSeconds: one.seconds })) } }
    if (rest === '/worklog') {
      if (!/\+0000$/.test(String(input.started))) return refused(400, 'Error parsing time: worklog must have a started date')
      issue.times.push({ id: String(++made), seconds: Number(input.timeSpentSeconds), text: String(input.comment) })
      touch(issue)
      return { status: 201, json: { id: String(made), comment: input.comment, started: input.started, timeSpentSeconds: input.timeSpentSeconds } }
    }
    return null
  }

  const server = await startPsaServer({
    clock, judges: [holdCallsTo('jira-service-management/jira-platform.openapi.json'), holdCallsTo('jira-service-management/servicedesk.openapi.json')], answer,
    isRead: ({ path }) => path.endsWith('/search/jql'),
    beyond: {
      'GET /rest/api/2/mypermissions': `${DOCS}/platform/rest/v2/api-group-permissions/`, 'GET /rest/api/2/field': `${DOCS}/platform/rest/v2/api-group-issue-fields/`, 'GET /rest/api/2/issueLinkType': `${DOCS}/platform/rest/v2/api-group-issue-link-types/`, 'POST /rest/api/2/issueLink': `${DOCS}/platform/rest/v2/api-group-issue-links/`,
      'GET /rest/api/2/project/{key}/statuses': `${DOCS}/platform/rest/v2/api-group-projects/`, 'GET /rest/servicedeskapi/organization': `${DOCS}/service-desk/rest/api-group-organization/`,
    },
    limits: hasLimits ? [{ name: 'second', calls: 100, windowMs: 1_000, key: () => 'all' }, { name: 'hour', calls: 10_000, windowMs: 3_600_000, key: () => 'all' }, { name: 'issue', calls: 20, windowMs: 2_000, key: ({ method, path }) => (method === 'GET' ? null : /\/(?:issue|request)\/([^/]+)/.exec(path)?.[1] ?? null) }] : [],
    refuse: (limit, waitMs) => ({ status: 429, json: { errorMessages: ['Rate limit exceeded.'], errors: {} }, headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)), 'ratelimit-reason': limit.name === 'issue' ? 'jira-per-issue-on-write' : limit.name === 'hour' ? 'jira-quota-tenant-based' : 'jira-burst-based' } }),
  })
  /** As an agent reads it: markup is markup outside of blocks. */
  const read = (markup: string): string => {
    const block = /^\{noformat\}\n([\s\S]*)\n\{noformat\}$/.exec(markup)?.[1]
    if (block !== undefined && !block.includes('{noformat}')) return block.replaceAll('\u200b', '')
    return markup.replace(/\{(noformat|code|html)[^}]*\}/g, '').replace(/\[~[^\]]*\]/g, '').replace(/\{\{([^}]*)\}\}/g, '$1')
  }
  const found = (id: string): Issue => {
    const issue = issueOf(id)
    if (issue === undefined) throw new Error(`the fake has no issue ${id}`)
    return issue
  }
  const seen = (issue: Issue): PsaTicket => ({
    id: issue.id, number: issue.key, title: issue.summary, text: read(issue.description), externalRef: issue.labels.find((label) => label.startsWith('AW-')) ?? /AW-[0-9A-Z]{12}/.exec(issue.summary)?.[0] ?? null, statusId: FLOW[issue.status]?.id ?? '', state: FLOW[issue.status]?.state ?? 'unknown', priorityId: issue.priority,
    assigneeId: issue.assignee, companyId: issue.organisation === null ? null : String(issue.organisation), assetIds: [], parentId: issue.links.find(({ type, to }) => type === 'Problem/Incident' && to === issue.id)?.from ?? null, mergedIntoId: null,
    linkedIds: issue.links.map(({ from, to }) => (from === issue.id ? to : from)), isDeleted: issue.isRemoved, resolution: issue.resolution,
    notes: issue.comments.map((one) => ({ id: one.id, text: read(one.body), isPublic: one.isPublic, isOurs: one.author === ME })), attachments: issue.files.map(({ filename, bytes }) => ({ name: filename, bytes, isPublic: false })), times: issue.times.map(({ seconds, text }) => ({ minutes: seconds / 60, text: read(text) })),
  })
  return {
    connector: 'jira-service-management', baseUrl: server.origin, auth: 'basic', fields: { email: EMAIL }, credentials: { apiToken: TOKEN }, webhookSecret: SECRET,
    mapping: { place: { serviceDeskId: '2', requestTypeId: '25', resolution: 'Done', parentLink: 'Problem/Incident', duplicateLink: 'Duplicate' } }, pageSize, hooks, isHeld: server.isHeld, calls: server.calls,
    get faults() {
      return [...server.faults, ...own]
    },
    world: {
      company: { id: '1', name: 'Acme Corp' }, otherCompany: { id: '2', name: 'Globex' }, asset: null, article: { id: '8001', title: 'Disk full on file servers' },
      users: [{ id: SAM, name: 'Sam Field', email: 'sam@northwind-msp.example' }, { id: KIM, name: 'Kim Reyes', email: 'kim@northwind-msp.example' }],
    },
    rights: Object.keys(PERMISSIONS),
    withdraw: (right) => void withdrawn.add(right),
    tickets: () => issues.map(seen),
    technician: {
      open(title, text = title) {
        const issue = { ...blank(), summary: title, description: text }
        issues.push(issue)
        touch(issue, 'jira:issue_created')
        return issue.id
      },
      comment: (id, text, isPublic = false) => void comment(found(id), text, isPublic, SAM),
      setStatus: (id, state) => move(found(id), STATUS[state], null),
      close: (id) => move(found(id), 'Closed', 'Done'),
      reassign(id, userId) {
        found(id).assignee = userId
        touch(found(id))
      },
      merge() {
        throw new Error('Jira merges nothing')
      },
      remove(id) {
        const issue = found(id)
        touch(issue, 'jira:issue_deleted')
        issue.isRemoved = true
      },
    },
    trouble: server.trouble, calm: server.calm, taken: server.taken, stop: server.stop,
  }
}
