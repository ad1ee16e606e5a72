/** The proof of OAuth 2. */
import { ConnectorError, type Credentials } from './port.ts'

/** The header with the access token. Throws `misconfigured` where there is none. */
export function bearer(credentials: Credentials, title: string, scheme = 'Bearer'): { readonly authorization: string } {
  const { accessToken } = credentials
  if (accessToken === undefined || accessToken === '') throw new ConnectorError('misconfigured', `${title}: there is no access token: connect again`)
  return { authorization: `${scheme} ${accessToken}` }
}
