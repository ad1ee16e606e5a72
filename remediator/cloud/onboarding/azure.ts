/** What a company does in its Azure subscription, with the texts to copy. */
import { listOf, pretty, type Step } from './step.ts'

/** The role: run commands of both kinds on virtual machines, the look-up of machines and their addresses, and the state of what was asked. */
export function roleDefinition(fields: Readonly<Record<string, string>>): object {
  return {
    Name: 'Alert Whisperer Run Command', IsCustom: true, Description: 'Runs approved scripts on virtual machines and reads what came of it.',
    Actions: [
      'Microsoft.Compute/virtualMachines/read', 'Microsoft.Compute/virtualMachines/instanceView/read',
      // Managed run commands: found again by name, ended, and removed after the run.
      'Microsoft.Compute/virtualMachines/runCommands/read', 'Microsoft.Compute/virtualMachines/runCommands/write', 'Microsoft.Compute/virtualMachines/runCommands/delete',
      // The older kind, for machines that refuse the newer one.
      'Microsoft.Compute/virtualMachines/runCommand/action',
      'Microsoft.Compute/locations/operations/read', 'Microsoft.Network/networkInterfaces/read', 'Microsoft.Network/publicIPAddresses/read',
    ],
    NotActions: [], DataActions: [], NotDataActions: [], AssignableScopes: scopesOf(fields),
  }
}

/** The steps. */
export function azureSteps(fields: Readonly<Record<string, string>>): readonly Step[] {
  const isManaged = fields['identity'] === 'managed'
  const client = fields['clientId'] ?? '<application id>'
  const assignee = isManaged ? '<object id of the managed identity>' : client
  return [
    isManaged
      ? { title: 'Give this program’s machine an identity', code: 'az vm identity assign --resource-group <group> --name <machine this program runs on>\naz vm show --resource-group <group> --name <machine> --query identity.principalId --output tsv', text: 'The second line tells the object id that the role assignment needs. The identity reaches every subscription in which it is given the role, so only an MSP Admin makes such accounts.' }
      : { title: 'Register an application', code: `az login --tenant ${fields['tenantId'] ?? '<tenant>'}\naz ad app create --display-name "Alert Whisperer" --sign-in-audience AzureADMyOrg\naz ad sp create --id ${client}\naz ad app credential reset --id ${client} --display-name alert-whisperer --years 1`, text: 'Store its application id as clientId and the password that the last line prints as this account’s secret. Note the day it ends: the check fails from then on with AADSTS7000222.' },
    { title: 'Define the role', code: pretty(roleDefinition(fields)), text: 'Save it as role.json and run: az role definition create --role-definition role.json. It may run scripts on machines of these scopes and nothing else: it cannot start, stop, delete or log in to them.' },
    { title: 'Assign it', code: scopesOf(fields).map((scope) => `az role assignment create --assignee ${assignee} --role "Alert Whisperer Run Command" --scope ${scope}`).join('\n'), text: 'An assignment takes a few minutes to count everywhere.' },
    { title: 'Agents on machines', code: 'az vm get-instance-view --resource-group <group> --name <machine> --query instanceView.vmAgent.statuses', text: 'Images of the marketplace have the Azure VM agent. Elsewhere, Linux: install walinuxagent (Debian, Ubuntu), WALinuxAgent (Red Hat, SUSE) and enable waagent; Windows: install WindowsAzureVmAgent.msi. Machines need outgoing port 443 to the storage and management addresses of Azure. The status has to be Ready.' },
    ...(fields['outputContainer'] === undefined
      ? [{ title: 'Whole outputs (optional)', code: null, text: 'Without a container only the last 4,096 bytes of an output are known. To have outputs whole, name an outputContainer, and read this text again.' }]
      : [{ title: 'Let machines write whole outputs', code: `az storage container generate-sas --account-name ${new URL(fields['outputContainer']).hostname.split('.')[0] ?? ''} --name ${new URL(fields['outputContainer']).pathname.replaceAll('/', '')} --permissions acrw --https-only --expiry <date> --output tsv`, text: 'Either give the machines’ identity the role Storage Blob Data Contributor and this application the role Storage Blob Data Reader on the container and set outputIdentity, or store this signature beside the client secret: {"clientSecret":"…","outputSas":"…"}. Give the container a lifecycle rule that removes old blobs.' }]),
    { title: 'Check', code: null, text: 'Run the check with a machine’s name and resource group: it asks for a token, lists machines and runs a command that only prints a line. Switch the account on when it has passed.' },
  ]
}

function scopesOf(fields: Readonly<Record<string, string>>): readonly string[] {
  const subscription = `/subscriptions/${fields['subscriptionId'] ?? ''}`
  const groups = listOf(fields['resourceGroups'])
  return groups.length === 0 ? [subscription] : groups.map((group) => `${subscription}/resourceGroups/${group}`)
}
