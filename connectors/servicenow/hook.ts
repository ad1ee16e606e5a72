/** What the business rule we hand out sends; unsigned, so the long random part of the address is the proof. */
import { ConnectorError, type HookReader } from '../port.ts'

/** Takes the body of the rule in config.ts, and any other that names `sys_id`. */
export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    const said = parsed(body)
    const { sys_id: id, event } = said
    if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) throw new ConnectorError('invalid', 'ServiceNow: the business rule sends no sys_id: take the script of the guide')
    return [{ eventId: typeof event === 'string' && event !== '' ? event.slice(0, 200) : null, externalId: id }]
  },
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(body.toString('utf8')) as unknown
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  } catch (error) {
    throw new ConnectorError('invalid', 'ServiceNow: the business rule sends no JSON: take the script of the guide', { cause: error })
  }
  throw new ConnectorError('invalid', 'ServiceNow: the business rule sends no object: take the script of the guide')
}
