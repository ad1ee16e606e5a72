/** What the business rule we hand out sends; unsigned, so the long random part of the address is the proof. */
import { hookJson, hookRow } from '../hook-body.ts'
import { ConnectorError, type HookReader } from '../port.ts'

/** Takes the body of the rule in config.ts, and any other that names `sys_id`. */
export const hook: HookReader = {
  proof: 'secret',
  async read({ body }) {
    const { sys_id: id } = hookRow(hookJson(body, 'ServiceNow: the business rule sends no JSON: take the script of the guide'))
    if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) throw new ConnectorError('invalid', 'ServiceNow: the business rule sends no sys_id: take the script of the guide')
    return [id]
  },
}
