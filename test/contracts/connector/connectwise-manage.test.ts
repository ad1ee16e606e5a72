import { connectorContract } from '../connector.contract.ts'

connectorContract('connectwise-manage')
