/** What an MSP does in its Datto RMM, with the texts to copy. */
import { COMPONENTS, VARIABLES } from '../../executors/datto-rmm/component.ts'
import type { Step } from './step.ts'

/** The steps. They do not differ between accounts. */
export function dattoSteps(): readonly Step[] {
  const variables = `Give it three variables of type String, without values: ${Object.values(VARIABLES).join(', ')}.`
  return [
    { title: '1. Switch the API on', code: null, text: 'Setup, Global Settings, Access Control: enable the API.' },
    { title: '2. Make a user for this program', code: null, text: 'Setup, Users: a user with a security level that may see devices and run quick jobs, and nothing else; generate API keys for it. Store the API key as apiKey and the API secret key as this account’s secret. The key reaches every site its user sees, so only an MSP Admin sets it.' },
    { title: '3. Store the component for Linux', code: COMPONENTS.linux, text: `Automation, Components, New: category Scripts, script type Unix. ${variables} Name the component’s uid as linuxComponent; it stands in the address of its page.` },
    { title: '4. Store the component for Windows', code: COMPONENTS.windows, text: `The same with script type PowerShell. ${variables} Name its uid as windowsComponent.` },
    { title: '5. Name the site', code: null, text: 'Name the uid of the company’s site as siteUid. Devices of other sites are not seen and not touched, whatever a run names.' },
    { title: '6. Check', code: null, text: 'Run the check with a device’s uid: it asks for a token, lists the site’s devices and runs a quick job that only prints a line. Switch the account on when it has passed.' },
  ]
}
