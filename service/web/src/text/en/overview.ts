import type { overview as zh } from '../zh/overview';

/** Panel: coverage. */
export const overview: typeof zh = {
  overview: {
    title: 'Coverage',
    asOf: 'as of {date}',
    served: 'Share of households served or to watch',
    householdsServed: '{served} of {all} households live in served districts',
    undeterminedNote: '{count} districts with unknown households are left out of the share',
    unjudged:
      'No clause of the packs chosen judges this service by district: not 0 %, but not assessed.',
    share: 'Households covered',
    number: 'Districts',
    households: 'Households',
    worst: 'Worst districts',
    worstHow: 'by flag, households concerned, clauses not met',
    concerned: '{count} households concerned',
    unknownConcerned: 'households unknown',
    noWorst: 'No district passes the filter.',
    more: '{count} more',
    areaRows: 'Clauses about areas',
    areaRowsNone: 'No results about areas.',
    empty: 'No evaluation yet',
    emptyHow:
      'Choose a rule pack and a day and press “Evaluate”. Without districts or facilities, import them first.',
    emptyData: 'No districts yet',
    pickFlag: 'Only {flag}',
    allFlags: 'All',
    search: 'Find a district by name or id',
    rulesTitle: 'Clause by clause',
  },
};
