import { connectorContract } from '../connector.contract.ts'

connectorContract('atera')
