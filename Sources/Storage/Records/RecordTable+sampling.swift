package import PostgresLink
package import Vocabulary

extension RecordTable {
    /// Some records of a tenant, whichever they are: another choice each time.
    ///
    /// Chosen by their ids alone, so that the rows themselves are read only of those that come back.
    package func sample(_ limit: Int, _ shape: RecordShape, tenant: TenantID) -> SQL {
        let (table, id) = (ColumnCoding.table(entity), SQLParameter.uuid(tenant.uuid))
        return """
            SELECT \(shape.columns) FROM \(table) WHERE tenant_id = \(id) AND id IN (
              SELECT id FROM \(table) WHERE tenant_id = \(id) ORDER BY random() LIMIT \(.int8(Int64(limit)))
            )
            """
    }
}
