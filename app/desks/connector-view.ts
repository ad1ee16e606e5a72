/** A connector as people see it: the form, the docs and the command line are made of it. */
import type { TicketConnector } from '../../connectors/port.ts'
import type { ConnectorView } from '../../schemas/connection-views.ts'

/** Shows it. */
export function connectorView({ id, config, capabilities }: Pick<TicketConnector, 'id' | 'config' | 'capabilities'>): ConnectorView {
  const { title, auth, fields, hosts, baseUrlExample, oauth, mapping, guide, api } = config
  return {
    id, title, auth, hosts, baseUrlExample, defaultScopes: oauth?.defaultScopes ?? [], mapping, capabilities: { ...capabilities }, steps: guide.steps, permissions: guide.permissions, webhook: guide.webhook, troubleshooting: guide.troubleshooting, api,
    fields: fields.map((field) => ({ name: field.name, title: field.title, description: field.description, example: field.example, default: field.default ?? null, isRequired: field.isRequired, isSecret: field.isSecret, for: field.for ?? [], pattern: field.pattern ?? null })),
  }
}
