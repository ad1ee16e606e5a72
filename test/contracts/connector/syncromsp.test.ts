import { connectorContract } from '../connector.contract.ts'

connectorContract('syncromsp')
