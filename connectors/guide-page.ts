/** The page of a connector and the index of all, in Markdown, made of what the connector says of itself. */
import { TICKET_STATES, type AuthKind } from '../schemas/tickets.ts'
import { CONNECTOR_CODES, type Capabilities, type CallLimit, type ConfigField, type OpenConnection, type TicketConnector } from './port.ts'

const AUTH: Readonly<Record<AuthKind, string>> = { api_key: 'an API key', basic: 'user name and password', bearer: 'a token', oauth2_client: 'OAuth 2 client credentials', oauth2_code: 'OAuth 2 in the browser (authorization code with PKCE)' }
const RETRY: Readonly<Record<(typeof CONNECTOR_CODES)[keyof typeof CONNECTOR_CODES]['retry'], string>> = { never: 'not tried again by itself', backoff: 'tried again by itself, later and later', after: 'tried again by itself when it is due', hold: 'nothing is sent until it is mended' }

/** The page of one connector. */
export function connectorPage(connector: TicketConnector): string {
  const { id, config, hook } = connector
  const { guide } = config
  return [
    `# ${config.title}`,
    `Connector \`${id}\`, for API version ${config.api.version} ([vendor's page](${config.api.page})). Made from \`connectors/${id}/config.ts\` by \`npm run gen\`; change it there.`,
    '## What to do there',
    numbered(guide.steps),
    '## Rights it needs, and no more',
    listed(guide.permissions),
    '## What to paste here',
    `It proves who it is by ${config.auth.map((kind) => AUTH[kind]).join(', or by ')}. The base URL looks like \`${config.baseUrlExample}\`.`,
    fieldTable(config.fields),
    'Then connect it. Secrets are asked for one a line, sealed, and never shown again; the check runs by itself, and `--enable` puts it into use where it passes:',
    `\`\`\`sh\n${commandOf(connector)}\n\`\`\``,
    '`npx aw connection check <name>` checks it again and says what is missing; `npx aw connection map <name>` changes the words below.',
    '## Our words there',
    mappingTable(connector),
    '## How it tells us of changes',
    ...(hook === null ? ['It cannot tell us, so it is asked every few minutes.'] : [
      numbered(guide.webhook),
      hook.proof === 'signed' ? 'Every delivery is signed; one whose signature is wrong is refused.' : 'Nothing is signed: the long random part of the address is the proof, so keep it secret. What a delivery says is a hint; the ticket is read back before anything is believed.',
    ]),
    '## What it can do',
    abilities(connector.capabilities),
    '## Limits it keeps to',
    limits(connector),
    '## When something is wrong',
    troubles(connector),
  ].join('\n\n') + '\n'
}

/** The index of all connectors. */
export function connectorIndex(connectors: readonly TicketConnector[]): string {
  const rows = connectors.map(({ id, config, capabilities }) => `| [${config.title}](${id}.md) | \`${id}\` | ${config.auth.map((kind) => AUTH[kind]).join('; ')} | ${capabilities.changes === 'webhook' ? 'webhook and polling' : 'polling'} | ${capabilities.joins} |`)
  return [
    '# Ticket systems',
    'One page for each ticket system that can be connected. Made from `connectors/` by `npm run gen`.',
    ['| System | Id | Proves itself by | Tells of changes by | Joins tickets by |', '| --- | --- | --- | --- | --- |', ...rows].join('\n'),
    '`npx aw connectors <id>` prints the same on the command line. How secrets are kept stands in [vault.md](../vault.md). A new connector is one folder: `npm run new:connector <id>`.',
    '## Errors of all connectors',
    'What a call can end with, whatever the system. Each connector’s page says what it means there.',
    ['| Code | What follows |', '| --- | --- |', ...Object.entries(CONNECTOR_CODES).map(([code, { retry, outcome }]) => `| \`${code}\` | ${RETRY[retry]}${outcome === 'unknown' ? '; it may have been done, so it is looked up first' : ''} |`)].join('\n'),
  ].join('\n\n') + '\n'
}

const numbered = (steps: readonly string[]): string => steps.map((step, at) => `${at + 1}. ${step}`).join('\n')
const listed = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n')
/** Text in a cell of a table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function fieldTable(fields: readonly ConfigField[]): string {
  const rows = fields.map((field) => {
    const kind = [field.isSecret ? 'secret' : 'open', field.isRequired ? 'required' : 'optional', ...(field.for === undefined ? [] : [`for ${field.for.join(', ')}`]), ...(field.default === undefined || field.default === '' ? [] : [`default \`${field.default}\``])]
    return `| \`${field.name}\` | ${cell(`${field.title}. ${field.description}`)} | ${kind.join(', ')} | ${field.isSecret ? '' : `\`${cell(field.example)}\``} |`
  })
  return ['| Field | What it is | | Example |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** The command that connects it, with every required field of its first kind of proof. */
function commandOf({ id, config }: TicketConnector): string {
  const [auth] = config.auth
  const due = config.fields.filter((field) => field.isRequired && (field.for === undefined || (auth !== undefined && field.for.includes(auth))))
  return [
    `npx aw connect ${id} --base-url '${config.baseUrlExample}' \\`,
    ...due.filter(({ isSecret }) => !isSecret).map(({ name, example }) => `  --field '${name}=${example.replaceAll("'", "'\\''")}' \\`),
    ...due.filter(({ isSecret }) => isSecret).map(({ name }) => `  --secret ${name} \\`),
    '  --enable',
  ].join('\n')
}

function mappingTable({ config: { mapping } }: TicketConnector): string {
  const states = TICKET_STATES.flatMap((state) => (mapping.status[state] === undefined || mapping.status[state] === '' ? [] : [`| status \`${state}\` | \`${cell(mapping.status[state])}\` |`]))
  const priorities = Object.entries(mapping.priority).map(([severity, value]) => `| severity \`${severity}\` | \`${cell(value)}\` |`)
  const places = Object.entries(mapping.place).map(([name, value]) => `| place \`${name}\` | ${value === '' ? 'left to the system' : `\`${cell(value)}\``} |`)
  return ['Change what your account calls otherwise, for the connection or for one company.', '', '| Ours | There, unless changed |', '| --- | --- |', ...states, ...priorities, ...places].join('\n')
}

const ABILITY: Readonly<Partial<Record<keyof Capabilities, string>>> = {
  internalNote: 'internal notes', publicNote: 'notes the client may read', assign: 'give tickets to technicians', reopen: 'reopen', attach: 'attach files', time: 'book time', findByExternalRef: 'find a ticket again by our reference', parent: 'parents and children', companies: 'look up companies', assets: 'look up machines', knowledge: 'search the knowledge base',
}

function abilities(capabilities: Capabilities): string {
  const [can, cannot] = [true, false].map((wanted) => Object.entries(ABILITY).filter(([name]) => capabilities[name as keyof Capabilities] === wanted).map(([, words]) => words))
  const joins = { merge: 'merge tickets', link: 'link tickets (it cannot merge)', none: null }[capabilities.joins]
  return [`It can: ${[...(can ?? []), ...(joins === null ? [] : [joins])].join(', ')}.`, ...((cannot ?? []).length === 0 ? [] : [`It cannot: ${(cannot ?? []).join(', ')}.`])].join(' ')
}

function limits(connector: TicketConnector): string {
  const { config, pace } = connector
  const fields = Object.fromEntries(config.fields.flatMap((field) => (field.default === undefined ? [] : [[field.name, field.default]])))
  const connection: OpenConnection = { id: '', companyId: null, connector: connector.id, environment: 'production', baseUrl: config.baseUrlExample, auth: config.auth[0] ?? 'api_key', fields, mapping: config.mapping }
  const { limits: all, atOnce, perTicketMs, isLearned } = pace(connection)
  return listed([
    ...all.map(({ name, calls, windowMs, counts }: CallLimit) => `${name}: ${calls} ${counts ?? 'calls'} in ${span(windowMs).replace(/^an? /, 'one ')}${isLearned ? ' to begin with; the vendor states no number, so it is learned from the answers' : ''}`),
    `at most ${atOnce} ${atOnce === 1 ? 'call' : 'calls'} under way at once`, ...(perTicketMs === 0 ? [] : [`one change of a ticket every ${span(perTicketMs)}; what comes in between is put together`]),
    'At least a fifth of every limit is kept for critical incidents.',
  ])
}

function span(ms: number): string {
  const [size, unit] = ([[3_600_000, 'hour'], [60_000, 'minute'], [1_000, 'second']] as const).find(([one]) => ms >= one && ms % one === 0) ?? [1, 'ms']
  const count = ms / size
  return unit === 'ms' ? `${count} ms` : count === 1 ? `a ${unit}`.replace('a hour', 'an hour') : `${count} ${unit}s`
}

function troubles({ config: { guide } }: TicketConnector): string {
  return ['| It says | It means | What to do |', '| --- | --- | --- |', ...guide.troubleshooting.map(({ error, means, mend }) => `| \`${cell(error)}\` | ${cell(means)} | ${cell(mend)} |`)].join('\n')
}
