/** The mark, for the browser's tab. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-3 -3 24 24"><rect x="-3" y="-3" width="24" height="24" rx="5" fill="#12303f"/><rect x="0" y="1" width="4" height="16" fill="#9fc9dd"/><rect x="7" y="5" width="4" height="12" fill="#9fc9dd"/><rect x="14" y="9" width="4" height="8" fill="#f2a36b"/></svg>`;
