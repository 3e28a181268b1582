/** The form of a DOI: a prefix and a suffix without blanks. */

/** @see https://www.doi.org/doi-handbook/HTML/doi-name-syntax.html */
export const isDoi = (text: string): boolean => /^10\.\d{4,9}(?:\.\d{1,9}){0,3}\/[^\s\p{Cc}]{1,500}$/u.test(text);

/** Its address. A DOI from an attribute of a file may be any text. */
export const doiUrl = (doi: string): string => `https://doi.org/${encodeURI(doi.toWellFormed())}`;

/** DOIs are compared without regard to case. */
export const sameDoi = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
