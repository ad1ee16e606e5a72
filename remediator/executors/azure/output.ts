/** Whole output: Azure keeps 4,096 bytes and appends the rest to blobs where the account names a container. They are read back with the SAS or with our identity. */
import type { VirtualMachineRunCommand } from '@azure/arm-compute'
import { ExecutorError } from '../port.ts'
import { azureSecret } from './settings.ts'
import type { AzureSession } from './session.ts'
import { openSecret } from './tokens.ts'

/** Output read at most, of each stream, from its end. */
const OUTPUT_BYTES_MAX = 1_048_576
const STORAGE_SCOPE = 'https://storage.azure.com/.default'
/** First version of the service that takes tokens. */
const STORAGE_VERSION = '2021-12-02'

/** Where the machine is to write its output; nothing where the account names no container. */
export async function blobUris(session: AzureSession, token: string): Promise<Pick<VirtualMachineRunCommand, 'outputBlobUri' | 'errorBlobUri' | 'outputBlobManagedIdentity' | 'errorBlobManagedIdentity'>> {
  const { outputContainer, outputIdentity } = session.settings
  if (outputContainer === null) return {}
  const { outputSas } = azureSecret(await openSecret(session.context.account))
  const query = outputSas === null ? '' : `?${outputSas}`
  const identity = outputSas !== null ? undefined : outputIdentity === null || outputIdentity === 'system' ? {} : { clientId: outputIdentity }
  return { outputBlobUri: `${outputContainer}/${token}-stdout.txt${query}`, errorBlobUri: `${outputContainer}/${token}-stderr.txt${query}`, ...(identity === undefined ? {} : { outputBlobManagedIdentity: identity, errorBlobManagedIdentity: identity }) }
}

/** The output from the blobs; what cannot be had stays as it was, marked as cut. */
export async function wholeOutput(session: AzureSession, token: string, view: { readonly stdout: string; readonly stderr: string }): Promise<{ readonly stdout: string; readonly stderr: string; readonly isTruncated: boolean }> {
  const uris = await blobUris(session, token)
  if (uris.outputBlobUri === undefined || uris.errorBlobUri === undefined) return { ...view, isTruncated: true }
  const bearer = uris.outputBlobManagedIdentity === undefined ? null : await storageToken(session)
  if (bearer === undefined) return { ...view, isTruncated: true }
  const [stdout, stderr] = await Promise.all([readBlob(session, uris.outputBlobUri, bearer, view.stdout), readBlob(session, uris.errorBlobUri, bearer, view.stderr)])
  return { stdout: stdout?.text ?? view.stdout, stderr: stderr?.text ?? view.stderr, isTruncated: stdout === null || stderr === null || stdout.isCut || stderr.isCut }
}

/** Undefined where there is none to be had. */
async function storageToken(session: AzureSession): Promise<string | undefined> {
  try {
    return (await session.tokens.get(session.context.account, session.settings, STORAGE_SCOPE)).token
  } catch (thrown) {
    if (!(thrown instanceof ExecutorError)) throw thrown
    return undefined
  }
}

/** Null where the blob cannot be read, or holds less than the view: the run has ended all the same, and its result, which is the last line, must not be lost for it. */
async function readBlob(session: AzureSession, uri: string, bearer: string | null, view: string): Promise<{ readonly text: string; readonly isCut: boolean } | null> {
  const headers: Record<string, string> = { 'x-ms-version': STORAGE_VERSION, ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }) }
  const answer = await session.get(uri, headers, OUTPUT_BYTES_MAX)
  // A stream that wrote nothing has no blob.
  if (answer?.status === 404 && view === '') return { text: '', isCut: false }
  return answer?.status === 200 && answer.text.trimEnd().length >= view.trim().length ? answer : null
}
