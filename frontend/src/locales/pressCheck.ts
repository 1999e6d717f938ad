import { bilingual } from './bilingual'

export default bilingual(
  {
    title: '用印前核对',
    lead: '任一项不符，不得盖章；请据实登记，更正后重新核对。',
    text_matches: '内容与批准版本一致',
    date_filled: '日期已填写',
    no_blank: '无空白纸张、空白栏',
    signature_line: '落款单位与印章一致',
    enter: '核对无误',
    enterFailed: '登记不符',
    passed: '核对无误，可以盖章。',
    failed: '核对不符，不能盖章。更正后请重新核对。',
    supervisorLead: '此件须有监印人在场：请监印人在本机验证身份。',
    supervise: '监印人确认',
    supervised: '监印人已到场：',
  },
  {
    title: 'Check before the press',
    lead: 'If one point fails nothing is stamped. Enter what you found, correct it and check again.',
    text_matches: 'The text is the approved version',
    date_filled: 'The date is filled in',
    no_blank: 'No blank paper and no blank passage',
    signature_line: 'The signature line is that of the seal’s owner',
    enter: 'Everything holds',
    enterFailed: 'Enter what fails',
    passed: 'Checked, ready to be stamped.',
    failed: 'A point failed; it cannot be stamped. Correct it and check again.',
    supervisorLead: 'This paper asks for a supervisor: he identifies himself on this device.',
    supervise: 'The supervisor confirms',
    supervised: 'Supervisor:',
  },
)
