export const START = `mutation ($input: StartCollectionInput!) { startCollection(input: $input) { created job { id status } } }`;
