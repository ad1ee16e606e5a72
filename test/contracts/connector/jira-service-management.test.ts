import { connectorContract } from '../connector.contract.ts'

connectorContract('jira-service-management')
