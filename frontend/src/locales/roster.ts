import { bilingual } from './bilingual'

/** Import of a roster. */
export default bilingual(
  {
    title: '导入花名册',
    lead: '首行为列名：姓名、账号、部门、上级部门、岗位。先核对，全部无误后一次导入；有一行有误则不导入任何人。每次最多 300 人。',
    good: '共 {rows} 人，未发现问题。',
    faulty: '共 {rows} 人，发现 {faults} 处问题，请改正后重新选择文件。',
    newDepartments: '将新设部门：{names}',
    take: '导入 {count} 人',
    taken: '已导入 {count} 人。一次性密码只在此显示一次，请交给本人。',
    password: '一次性密码',
    done: '完成',
  },
  {
    title: 'Import a roster',
    lead: 'The first row names the columns: Name, Account, Department, Parent department, Post. It is looked at first and taken whole; with one fault nobody is added. At most 300 persons at a time.',
    good: 'Persons: {rows}. No fault found.',
    faulty: 'Persons: {rows}. Faults: {faults}. Mend them and choose the file again.',
    newDepartments: 'New departments: {names}',
    take: 'Add all ({count})',
    taken: 'Persons added: {count}. Their one-time passwords are shown only here; hand each to its person.',
    password: 'One-time password',
    done: 'Done',
  },
)
