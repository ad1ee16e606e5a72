import type { SourceGuide } from '../source.ts'

/** How PRTG is pointed at us. */
export const guide: SourceGuide = {
  name: 'PRTG Network Monitor',
  family: 'network',
  setup: [
    'Open Setup > Account Settings > Notification Templates and choose Add Notification Template from the plus button.',
    'Give it a name and switch on the method Execute HTTP Action.',
    'Set URL to {url}?api_key={key}, HTTP Method to POST, and paste the body below into Payload (Postdata in older releases) as one line.',
    'Under Notification Summarization choose Always notify ASAP, never summarize: a summary names only one of its sensors.',
    'On the root group open the tab Notification Triggers and add a state trigger: when the sensor state is Down, perform this template, and when the condition clears after a notification was triggered, perform it again. Do the same for Warning and Unusual where they matter.',
    'Set the interval of repeats (every … minutes repeat) if you want PRTG to say again what is still down.',
  ],
  authentication: 'The HTTP action sends no header of your own in most releases, so the key stands in the URL as api_key. Newer releases offer HTTP authentication with user and password: give the key as the password. PRTG cannot sign, so switch the HMAC off for this integration.',
  proof: 'none',
  template: 'sensorid=%sensorid&sensor=%sensor&device=%device&host=%host&status=%status&message=%message&group=%group&probe=%probe&priority=%priority&lastvalue=%lastvalue&since=%since&location=%location&tags=%tags&linksensor=%linksensor&sitename=%sitename',
  references: ['https://www.paessler.com/manuals/prtg/notification_templates_settings', 'https://kb.paessler.com/en/topic/373-what-placeholders-can-i-use-with-prtg', 'https://www.paessler.com/manuals/prtg/sensor_states'],
}
