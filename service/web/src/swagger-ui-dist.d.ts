// What /docs uses of it; the package has no types of its own.
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  const SwaggerUI: (options: {
    url: string;
    dom_id: string;
    deepLinking: boolean;
    validatorUrl: null;
  }) => void;
  export default SwaggerUI;
}
