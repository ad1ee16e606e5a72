import { connectorContract } from '../connector.contract.ts'

connectorContract('request-tracker')
