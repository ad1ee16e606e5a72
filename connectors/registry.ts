/** Every ticket system there is: a new one is a folder and a line here. */
import { atera } from './atera/index.ts'
import { autotask } from './autotask/index.ts'
import { connectwiseManage } from './connectwise-manage/index.ts'
import { freshdesk } from './freshdesk/index.ts'
import { halopsa } from './halopsa/index.ts'
import { jiraServiceManagement } from './jira-service-management/index.ts'
import { ConnectorError, type TicketConnector } from './port.ts'
import { requestTracker } from './request-tracker/index.ts'
import { servicenow } from './servicenow/index.ts'
import { syncromsp } from './syncromsp/index.ts'
import { zendesk } from './zendesk/index.ts'
import { zohoDesk } from './zoho-desk/index.ts'

/** All connectors, by the order of their names. */
export const CONNECTORS: readonly TicketConnector[] = [atera, autotask, connectwiseManage, freshdesk, halopsa, jiraServiceManagement, requestTracker, servicenow, syncromsp, zendesk, zohoDesk]

/** The connector with this id; null: there is none. */
export function findConnector(id: string): TicketConnector | null {
  return CONNECTORS.find((one) => one.id === id) ?? null
}

/** The connector with this id. Throws `misconfigured` where there is none. */
export function connectorFor(id: string): TicketConnector {
  const found = findConnector(id)
  if (found === null) throw new ConnectorError('misconfigured', `there is no connector ${id}: known are ${CONNECTORS.map((one) => one.id).join(', ')}`)
  return found
}
