import { connectorContract } from '../connector.contract.ts'

connectorContract('zoho-desk')
