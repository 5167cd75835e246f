/** The mail with the link to log in. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
}

export function loginMail(link: string): Mail {
  return {
    subject: 'Log in to OONI',
    text: [
      'Hello,',
      '',
      'somebody, hopefully you, wants to log in to OONI with this address. To go on, open this link within a day:',
      '',
      link,
      '',
      'If it was not you, nothing needs to be done: without the link nobody can log in.',
      '',
    ].join('\n'),
  };
}
