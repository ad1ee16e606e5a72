/** JSON schemas of connections as the API answers them; the TypeScript forms stand in schemas/tickets.ts and schemas/connection-views.ts. */
import { AUTH_KINDS } from '../schemas/tickets.ts'
import { answer, dictionary, flag, list, nullable, text, time, whole } from './json-schema.ts'

/** How a connector proves who it is. */
export const AUTH = text({ enum: [...AUTH_KINDS] })
/** Whose data it works on. */
export const ENVIRONMENT = text({ enum: ['sandbox', 'production'] })
const MAPPING = { type: 'object', properties: { status: dictionary(text()), priority: dictionary(text()), place: dictionary(text()) }, description: 'our words in those of the system: ids or names of its own values' }
const CHECK = answer({ ok: flag(), findings: list(answer({ name: text(), ok: flag(), text: text() })) })
const STANDING = { companyId: nullable(text({ description: 'null: the MSP\'s default' })), connector: text(), name: text(), environment: ENVIRONMENT, enabled: flag() }
const IS_CONNECTED = flag({ description: 'false where a person has still to agree in a browser' })

/** A connection; no secret is in it. */
export const CONNECTION = answer({
  id: text(), ...STANDING, baseUrl: text(), auth: AUTH, scopes: list(text()), fields: dictionary(text()), mapping: MAPPING, secrets: list(text(), { description: 'names of those that are stored; they are never shown' }), hasWebhookSecret: flag(),
  isConnected: IS_CONNECTED, hookUrl: nullable(text({ description: 'where the system posts to; null in lists' })), createdAt: time(), updatedAt: time(), checkedAt: nullable(time()), check: nullable(CHECK), lastUsedAt: nullable(time()), tokenExpiresAt: nullable(time()), lastError: nullable(text()),
})

/** A connection as it was made or changed. */
export const CONNECTION_MADE = answer({ ...(CONNECTION.properties as Record<string, never>), webhookSecret: nullable(text({ description: 'where one was made for this call; shown this once' })) })

/** A ticket system there is. */
export const CONNECTOR = answer({
  id: text(), title: text(), auth: list(AUTH), fields: list(answer({ name: text(), title: text(), description: text(), example: text(), default: nullable(text()), isRequired: flag(), isSecret: flag(), for: list(AUTH), pattern: nullable(text()) })),
  hosts: list(text()), baseUrlExample: text(), defaultScopes: list(text()), mapping: MAPPING, capabilities: dictionary({ type: ['boolean', 'string'] }), steps: list(text()), permissions: list(text()), webhook: list(text()),
  troubleshooting: list(answer({ error: text(), means: text(), mend: text() })), api: answer({ version: text(), page: text() }),
})

/** How a connection stands. */
export const CONNECTOR_STATUS = answer({
  connectionId: text(), ...STANDING, isConnected: IS_CONNECTED, isReachable: nullable(flag()), isAuthorised: nullable(flag()), budget: list(answer({ name: text(), calls: whole(), windowMs: whole(), left: whole() })), blockedUntil: nullable(time()), held: nullable(text()),
  waiting: whole(), dead: whole(), unmatched: whole({ description: 'incidents that wait until somebody says which company of the system is whose' }), checkedAt: nullable(time()), lastUsedAt: nullable(time()), tokenExpiresAt: nullable(time()), lastOkAt: nullable(time()), lastError: nullable(text()), mend: nullable(text()),
})

/** Things of the ticket system. */
export const EXTERNAL_CHOICE = answer({ externalId: text(), name: text(), detail: nullable(text()) })
const CHOICE = answer({ id: text(), name: text() })
/** Values of the ticket system. */
export const EXTERNAL_CHOICES = answer({ statuses: list(CHOICE), priorities: list(CHOICE), places: dictionary(list(CHOICE)) })

/** How a change of the master key stands. */
export const MASTER_KEY = answer({ source: text({ enum: ['environment', 'file'] }), isUnderWay: flag(), sealed: whole(), left: whole(), unreadable: list(text()), error: nullable(text()), next: nullable(text()) })
