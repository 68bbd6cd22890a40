export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]

export type Database = {
  // Allows to automatically instantiate createClient with right options
  // instead of createClient<Database, { PostgrestVersion: 'XX' }>(URL, KEY)
  __InternalSupabase: {
    PostgrestVersion: "12"
  }
  telemetry: {
    Tables: {
      actor_relations: {
        Row: {
          actor: string
          id_column: string
          name_column: string
          relation: string
          tenant_column: string | null
        }
        Insert: {
          actor: string
          id_column: string
          name_column: string
          relation: string
          tenant_column?: string | null
        }
        Update: {
          actor?: string
          id_column?: string
          name_column?: string
          relation?: string
          tenant_column?: string | null
        }
        Relationships: []
      }
      alert_rounds: {
        Row: {
          evaluated_until: string
          place: string
        }
        Insert: {
          evaluated_until: string
          place: string
        }
        Update: {
          evaluated_until?: string
          place?: string
        }
        Relationships: []
      }
      alert_states: {
        Row: {
          acknowledged_at: string | null
          acknowledged_by: string | null
          alert: string
          breached_since: string | null
          breakdown_value: string | null
          cleared_since: string | null
          error: string | null
          evaluated_until: string | null
          fingerprint: string
          firings: string[]
          is_flapping: boolean
          is_other: boolean
          note: string | null
          since: string | null
          status: string
          tenant_id: string
          told_at: string | null
          was_told: boolean
        }
        Insert: {
          acknowledged_at?: string | null
          acknowledged_by?: string | null
          alert: string
          breached_since?: string | null
          breakdown_value?: string | null
          cleared_since?: string | null
          error?: string | null
          evaluated_until?: string | null
          fingerprint: string
          firings?: string[]
          is_flapping?: boolean
          is_other?: boolean
          note?: string | null
          since?: string | null
          status: string
          tenant_id: string
          told_at?: string | null
          was_told?: boolean
        }
        Update: {
          acknowledged_at?: string | null
          acknowledged_by?: string | null
          alert?: string
          breached_since?: string | null
          breakdown_value?: string | null
          cleared_since?: string | null
          error?: string | null
          evaluated_until?: string | null
          fingerprint?: string
          firings?: string[]
          is_flapping?: boolean
          is_other?: boolean
          note?: string | null
          since?: string | null
          status?: string
          tenant_id?: string
          told_at?: string | null
          was_told?: boolean
        }
        Relationships: []
      }
      alert_transitions: {
        Row: {
          alert: string
          at: string
          breakdown_value: string | null
          cause: string
          fingerprint: string
          from_status: string
          is_other: boolean
          message: string | null
          n: number | null
          notifies: boolean
          range_since: string | null
          range_until: string | null
          recorded_at: string
          severity: string
          tenant_id: string
          threshold: number | null
          to_status: string
          transition_id: number
          value: number | null
        }
        Insert: {
          alert: string
          at: string
          breakdown_value?: string | null
          cause: string
          fingerprint: string
          from_status: string
          is_other?: boolean
          message?: string | null
          n?: number | null
          notifies?: boolean
          range_since?: string | null
          range_until?: string | null
          recorded_at?: string
          severity: string
          tenant_id: string
          threshold?: number | null
          to_status: string
          transition_id?: number
          value?: number | null
        }
        Update: {
          alert?: string
          at?: string
          breakdown_value?: string | null
          cause?: string
          fingerprint?: string
          from_status?: string
          is_other?: boolean
          message?: string | null
          n?: number | null
          notifies?: boolean
          range_since?: string | null
          range_until?: string | null
          recorded_at?: string
          severity?: string
          tenant_id?: string
          threshold?: number | null
          to_status?: string
          transition_id?: number
          value?: number | null
        }
        Relationships: []
      }
      alerts: {
        Row: {
          by_tenant: boolean
          change: string
          compare_with: string | null
          confidence: number | null
          created_at: string
          delay: string
          description: string | null
          destinations: string[] | null
          each_event: Json | null
          every: string
          fires: string | null
          fires_after: string
          grain: string | null
          kpi: string | null
          labels: NonNullable<Json>
          max_instances: number
          min_count: number | null
          name: string
          no_data: string
          pack: string | null
          recovers_after: string | null
          recovers_at: number | null
          repeat_after: string | null
          runbook: string | null
          severity: string
          threshold: number | null
          updated_at: string
          within: string | null
        }
        Insert: {
          by_tenant?: boolean
          change?: string
          compare_with?: string | null
          confidence?: number | null
          created_at?: string
          delay?: string
          description?: string | null
          destinations?: string[] | null
          each_event?: Json | null
          every?: string
          fires?: string | null
          fires_after?: string
          grain?: string | null
          kpi?: string | null
          labels?: NonNullable<Json>
          max_instances?: number
          min_count?: number | null
          name: string
          no_data?: string
          pack?: string | null
          recovers_after?: string | null
          recovers_at?: number | null
          repeat_after?: string | null
          runbook?: string | null
          severity?: string
          threshold?: number | null
          updated_at?: string
          within?: string | null
        }
        Update: {
          by_tenant?: boolean
          change?: string
          compare_with?: string | null
          confidence?: number | null
          created_at?: string
          delay?: string
          description?: string | null
          destinations?: string[] | null
          each_event?: Json | null
          every?: string
          fires?: string | null
          fires_after?: string
          grain?: string | null
          kpi?: string | null
          labels?: NonNullable<Json>
          max_instances?: number
          min_count?: number | null
          name?: string
          no_data?: string
          pack?: string | null
          recovers_after?: string | null
          recovers_at?: number | null
          repeat_after?: string | null
          runbook?: string | null
          severity?: string
          threshold?: number | null
          updated_at?: string
          within?: string | null
        }
        Relationships: []
      }
      changes: {
        Row: {
          after: Json | null
          before: Json | null
          change: string
          change_id: number
          changed_at: string
          changed_by: string
          kind: string
          name: string
          user_id: string | null
        }
        Insert: {
          after?: Json | null
          before?: Json | null
          change: string
          change_id?: number
          changed_at?: string
          changed_by: string
          kind: string
          name: string
          user_id?: string | null
        }
        Update: {
          after?: Json | null
          before?: Json | null
          change?: string
          change_id?: number
          changed_at?: string
          changed_by?: string
          kind?: string
          name?: string
          user_id?: string | null
        }
        Relationships: []
      }
      cohorts: {
        Row: {
          cohort: string
          created_at: string
          definition: NonNullable<Json>
          description: string | null
          updated_at: string
        }
        Insert: {
          cohort: string
          created_at?: string
          definition: NonNullable<Json>
          description?: string | null
          updated_at?: string
        }
        Update: {
          cohort?: string
          created_at?: string
          definition?: NonNullable<Json>
          description?: string | null
          updated_at?: string
        }
        Relationships: []
      }
      cursor_positions: {
        Row: {
          complete_at: string
          consumer: string
          drawn_since: string | null
          made_in: number
          must_recount: boolean
          position: number
          safe_until: number
        }
        Insert: {
          complete_at?: string
          consumer: string
          drawn_since?: string | null
          made_in?: number
          must_recount?: boolean
          position?: number
          safe_until?: number
        }
        Update: {
          complete_at?: string
          consumer?: string
          drawn_since?: string | null
          made_in?: number
          must_recount?: boolean
          position?: number
          safe_until?: number
        }
        Relationships: []
      }
      dashboards: {
        Row: {
          created_at: string
          description: string | null
          kpis: string[]
          name: string
          pack: string | null
          updated_at: string
        }
        Insert: {
          created_at?: string
          description?: string | null
          kpis: string[]
          name: string
          pack?: string | null
          updated_at?: string
        }
        Update: {
          created_at?: string
          description?: string | null
          kpis?: string[]
          name?: string
          pack?: string | null
          updated_at?: string
        }
        Relationships: []
      }
      deliveries: {
        Row: {
          after_id: number | null
          attempts: number
          body: string | null
          content: string | null
          delivery_id: string
          destination: string
          ended_at: string | null
          events: number
          first_attempt_at: string | null
          idempotency_key: string | null
          last_error: string | null
          last_id: number | null
          last_status_code: number | null
          made_at: string
          next_attempt_at: string | null
          number: number
          order_key: string | null
          requeued_at: string | null
          status: string
        }
        Insert: {
          after_id?: number | null
          attempts?: number
          body?: string | null
          content?: string | null
          delivery_id: string
          destination: string
          ended_at?: string | null
          events?: number
          first_attempt_at?: string | null
          idempotency_key?: string | null
          last_error?: string | null
          last_id?: number | null
          last_status_code?: number | null
          made_at: string
          next_attempt_at?: string | null
          number?: number
          order_key?: string | null
          requeued_at?: string | null
          status: string
        }
        Update: {
          after_id?: number | null
          attempts?: number
          body?: string | null
          content?: string | null
          delivery_id?: string
          destination?: string
          ended_at?: string | null
          events?: number
          first_attempt_at?: string | null
          idempotency_key?: string | null
          last_error?: string | null
          last_id?: number | null
          last_status_code?: number | null
          made_at?: string
          next_attempt_at?: string | null
          number?: number
          order_key?: string | null
          requeued_at?: string | null
          status?: string
        }
        Relationships: []
      }
      delivery_hours: {
        Row: {
          counts: number[]
          destination: string
          hour: string
        }
        Insert: {
          counts: number[]
          destination: string
          hour: string
        }
        Update: {
          counts?: number[]
          destination?: string
          hour?: string
        }
        Relationships: []
      }
      derived_partitions: {
        Row: {
          partition: number
          since: string
          until: string
        }
        Insert: {
          partition: number
          since: string
          until: string
        }
        Update: {
          partition?: number
          since?: string
          until?: string
        }
        Relationships: []
      }
      destination_states: {
        Row: {
          counted_hour: string | null
          counts: number[]
          destination: string
          done_ids: number[]
          drawn_since: string | null
          ends: number[]
          failing_since: string | null
          failures: number
          has_succeeded: boolean
          last_error: string | null
          last_id: number | null
          last_status_code: number | null
          last_success_at: string | null
          leased_by: string | null
          leased_until: string | null
          made_at: string | null
          mark_at: string | null
          mark_id: number | null
          next_attempt_at: string | null
          out_messages: number
          out_rows: number
          position: number
          status: string
          window_events: number
        }
        Insert: {
          counted_hour?: string | null
          counts?: number[]
          destination: string
          done_ids?: number[]
          drawn_since?: string | null
          ends?: number[]
          failing_since?: string | null
          failures?: number
          has_succeeded?: boolean
          last_error?: string | null
          last_id?: number | null
          last_status_code?: number | null
          last_success_at?: string | null
          leased_by?: string | null
          leased_until?: string | null
          made_at?: string | null
          mark_at?: string | null
          mark_id?: number | null
          next_attempt_at?: string | null
          out_messages?: number
          out_rows?: number
          position: number
          status?: string
          window_events?: number
        }
        Update: {
          counted_hour?: string | null
          counts?: number[]
          destination?: string
          done_ids?: number[]
          drawn_since?: string | null
          ends?: number[]
          failing_since?: string | null
          failures?: number
          has_succeeded?: boolean
          last_error?: string | null
          last_id?: number | null
          last_status_code?: number | null
          last_success_at?: string | null
          leased_by?: string | null
          leased_until?: string | null
          made_at?: string | null
          mark_at?: string | null
          mark_id?: number | null
          next_attempt_at?: string | null
          out_messages?: number
          out_rows?: number
          position?: number
          status?: string
          window_events?: number
        }
        Relationships: []
      }
      destinations: {
        Row: {
          batch_bytes: number
          batch_rows: number
          created_at: string
          description: string | null
          digest_at: string
          events: string[] | null
          filter: Json | null
          group_within: string
          keys: string[] | null
          kind: string
          max_per_second: number | null
          name: string
          order_key: string | null
          ordering: string
          recipients: string[] | null
          retry_after: string[]
          secret_name: string | null
          sender: string | null
          sends: string
          severities: string[] | null
          tenant_id: string | null
          test: Json | null
          thin: boolean
          timeout_seconds: number
          tz: string
          updated_at: string
          url: string
          wakes: boolean
        }
        Insert: {
          batch_bytes: number
          batch_rows: number
          created_at?: string
          description?: string | null
          digest_at?: string
          events?: string[] | null
          filter?: Json | null
          group_within?: string
          keys?: string[] | null
          kind: string
          max_per_second?: number | null
          name: string
          order_key?: string | null
          ordering?: string
          recipients?: string[] | null
          retry_after?: string[]
          secret_name?: string | null
          sender?: string | null
          sends?: string
          severities?: string[] | null
          tenant_id?: string | null
          test?: Json | null
          thin?: boolean
          timeout_seconds?: number
          tz?: string
          updated_at?: string
          url: string
          wakes?: boolean
        }
        Update: {
          batch_bytes?: number
          batch_rows?: number
          created_at?: string
          description?: string | null
          digest_at?: string
          events?: string[] | null
          filter?: Json | null
          group_within?: string
          keys?: string[] | null
          kind?: string
          max_per_second?: number | null
          name?: string
          order_key?: string | null
          ordering?: string
          recipients?: string[] | null
          retry_after?: string[]
          secret_name?: string | null
          sender?: string | null
          sends?: string
          severities?: string[] | null
          tenant_id?: string | null
          test?: Json | null
          thin?: boolean
          timeout_seconds?: number
          tz?: string
          updated_at?: string
          url?: string
          wakes?: boolean
        }
        Relationships: []
      }
      erasures: {
        Row: {
          at: string
          counts: NonNullable<Json>
          details: NonNullable<Json>
          done_by: string
          events: number
          exported: NonNullable<Json>
          first_id: number | null
          kind: string
          last_id: number | null
          person: string | null
          reason: string | null
          receipt_id: string
          since: string | null
          tenant_id: string | null
          until: string | null
          user_id: string | null
        }
        Insert: {
          at?: string
          counts?: NonNullable<Json>
          details?: NonNullable<Json>
          done_by: string
          events: number
          exported?: NonNullable<Json>
          first_id?: number | null
          kind: string
          last_id?: number | null
          person?: string | null
          reason?: string | null
          receipt_id: string
          since?: string | null
          tenant_id?: string | null
          until?: string | null
          user_id?: string | null
        }
        Update: {
          at?: string
          counts?: NonNullable<Json>
          details?: NonNullable<Json>
          done_by?: string
          events?: number
          exported?: NonNullable<Json>
          first_id?: number | null
          kind?: string
          last_id?: number | null
          person?: string | null
          reason?: string | null
          receipt_id?: string
          since?: string | null
          tenant_id?: string | null
          until?: string | null
          user_id?: string | null
        }
        Relationships: []
      }
      event_aliases: {
        Row: {
          alias: string
          argument: string
          pack: string
        }
        Insert: {
          alias: string
          argument: string
          pack?: string
        }
        Update: {
          alias?: string
          argument?: string
          pack?: string
        }
        Relationships: []
      }
      event_ids: {
        Row: {
          content: string
          event_id: string
          logged_at: string
          tenant_id: string
        }
        Insert: {
          content: string
          event_id: string
          logged_at: string
          tenant_id: string
        }
        Update: {
          content?: string
          event_id?: string
          logged_at?: string
          tenant_id?: string
        }
        Relationships: []
      }
      event_types: {
        Row: {
          additional_properties: boolean
          created_at: string
          daily_budget: number | null
          description: string | null
          domain: string | null
          enforcement: string | null
          event_name: string
          event_version: number
          json_schema: Json | null
          logged_by: string
          pack: string | null
          payload_limit: number
          promoted_properties: string[]
          properties: NonNullable<Json>
          redaction: NonNullable<Json>
          replaced_by: string | null
          required_arguments: string[]
          required_keys: string[]
          retention_class: string
          sampling_rate: number
          status: string
          updated_at: string
        }
        Insert: {
          additional_properties?: boolean
          created_at?: string
          daily_budget?: number | null
          description?: string | null
          domain?: string | null
          enforcement?: string | null
          event_name: string
          event_version?: number
          json_schema?: Json | null
          logged_by?: string
          pack?: string | null
          payload_limit?: number
          promoted_properties?: string[]
          properties?: NonNullable<Json>
          redaction?: NonNullable<Json>
          replaced_by?: string | null
          required_arguments?: string[]
          required_keys?: string[]
          retention_class?: string
          sampling_rate?: number
          status?: string
          updated_at?: string
        }
        Update: {
          additional_properties?: boolean
          created_at?: string
          daily_budget?: number | null
          description?: string | null
          domain?: string | null
          enforcement?: string | null
          event_name?: string
          event_version?: number
          json_schema?: Json | null
          logged_by?: string
          pack?: string | null
          payload_limit?: number
          promoted_properties?: string[]
          properties?: NonNullable<Json>
          redaction?: NonNullable<Json>
          replaced_by?: string | null
          required_arguments?: string[]
          required_keys?: string[]
          retention_class?: string
          sampling_rate?: number
          status?: string
          updated_at?: string
        }
        Relationships: []
      }
      events: {
        Row: {
          client_ts: string | null
          event_id: string
          event_name: string
          event_ts: string
          event_version: number
          ingest_id: number
          payload: NonNullable<Json>
          sample_rate: number | null
          seq: number | null
          session_id: string | null
          source: string | null
          subject_id: string | null
          tenant_id: string
          user_id: string | null
        }
        Insert: {
          client_ts?: string | null
          event_id: string
          event_name: string
          event_ts: string
          event_version?: number
          ingest_id?: number
          payload?: NonNullable<Json>
          sample_rate?: number | null
          seq?: number | null
          session_id?: string | null
          source?: string | null
          subject_id?: string | null
          tenant_id: string
          user_id?: string | null
        }
        Update: {
          client_ts?: string | null
          event_id?: string
          event_name?: string
          event_ts?: string
          event_version?: number
          ingest_id?: number
          payload?: NonNullable<Json>
          sample_rate?: number | null
          seq?: number | null
          session_id?: string | null
          source?: string | null
          subject_id?: string | null
          tenant_id?: string
          user_id?: string | null
        }
        Relationships: []
      }
      export_files: {
        Row: {
          after_id: number
          bytes: number
          chain: string
          committed_at: string
          export: string
          first_id: number
          last_id: number
          max_event_ts: string
          min_event_ts: string
          number: number
          part: number
          path: string
          rows: number
          schema_version: number
          sha256: string
          tenant_id: string | null
          until_id: number
        }
        Insert: {
          after_id: number
          bytes: number
          chain: string
          committed_at?: string
          export: string
          first_id: number
          last_id: number
          max_event_ts: string
          min_event_ts: string
          number: number
          part: number
          path: string
          rows: number
          schema_version: number
          sha256: string
          tenant_id?: string | null
          until_id: number
        }
        Update: {
          after_id?: number
          bytes?: number
          chain?: string
          committed_at?: string
          export?: string
          first_id?: number
          last_id?: number
          max_event_ts?: string
          min_event_ts?: string
          number?: number
          part?: number
          path?: string
          rows?: number
          schema_version?: number
          sha256?: string
          tenant_id?: string | null
          until_id?: number
        }
        Relationships: []
      }
      export_states: {
        Row: {
          asked_at: string | null
          behind_since: string | null
          export: string
          fixed_at: string | null
          leased_by: string | null
          leased_until: string | null
          looked_until: number
          number: number
          position: number
          rows: number | null
          schema_version: number | null
          until_id: number | null
          waiting: number
          waits_since: string | null
        }
        Insert: {
          asked_at?: string | null
          behind_since?: string | null
          export: string
          fixed_at?: string | null
          leased_by?: string | null
          leased_until?: string | null
          looked_until: number
          number?: number
          position: number
          rows?: number | null
          schema_version?: number | null
          until_id?: number | null
          waiting?: number
          waits_since?: string | null
        }
        Update: {
          asked_at?: string | null
          behind_since?: string | null
          export?: string
          fixed_at?: string | null
          leased_by?: string | null
          leased_until?: string | null
          looked_until?: number
          number?: number
          position?: number
          rows?: number | null
          schema_version?: number | null
          until_id?: number | null
          waiting?: number
          waits_since?: string | null
        }
        Relationships: []
      }
      export_versions: {
        Row: {
          columns: NonNullable<Json>
          events: string[] | null
          export: string
          filter: Json | null
          format: string
          made_at: string
          partition_by: string | null
          schema_version: number
          tenant_id: string | null
          test: Json | null
        }
        Insert: {
          columns: NonNullable<Json>
          events?: string[] | null
          export: string
          filter?: Json | null
          format: string
          made_at?: string
          partition_by?: string | null
          schema_version: number
          tenant_id?: string | null
          test?: Json | null
        }
        Update: {
          columns?: NonNullable<Json>
          events?: string[] | null
          export?: string
          filter?: Json | null
          format?: string
          made_at?: string
          partition_by?: string | null
          schema_version?: number
          tenant_id?: string | null
          test?: Json | null
        }
        Relationships: []
      }
      exports: {
        Row: {
          created_at: string
          description: string | null
          events: string[] | null
          filter: Json | null
          format: string
          most_age: string
          most_rows: number
          name: string
          partition_by: string | null
          promoted: boolean
          tenant_id: string | null
          test: Json | null
          updated_at: string
        }
        Insert: {
          created_at?: string
          description?: string | null
          events?: string[] | null
          filter?: Json | null
          format?: string
          most_age?: string
          most_rows?: number
          name: string
          partition_by?: string | null
          promoted?: boolean
          tenant_id?: string | null
          test?: Json | null
          updated_at?: string
        }
        Update: {
          created_at?: string
          description?: string | null
          events?: string[] | null
          filter?: Json | null
          format?: string
          most_age?: string
          most_rows?: number
          name?: string
          partition_by?: string | null
          promoted?: boolean
          tenant_id?: string | null
          test?: Json | null
          updated_at?: string
        }
        Relationships: []
      }
      gone_events: {
        Row: {
          events: string[]
          gone: unknown
        }
        Insert: {
          events: string[]
          gone: unknown
        }
        Update: {
          events?: string[]
          gone?: unknown
        }
        Relationships: []
      }
      holds: {
        Row: {
          events: string[] | null
          held_at: string
          held_by: string
          hold_name: string
          reason: string | null
          since: string | null
          tenant_id: string | null
          until: string | null
          user_id: string | null
        }
        Insert: {
          events?: string[] | null
          held_at?: string
          held_by: string
          hold_name: string
          reason?: string | null
          since?: string | null
          tenant_id?: string | null
          until?: string | null
          user_id?: string | null
        }
        Update: {
          events?: string[] | null
          held_at?: string
          held_by?: string
          hold_name?: string
          reason?: string | null
          since?: string | null
          tenant_id?: string | null
          until?: string | null
          user_id?: string | null
        }
        Relationships: []
      }
      hourly_counts: {
        Row: {
          event_name: string
          events: number
          hour: string
          sample_rate: number
          source: string
          tenant_id: string
        }
        Insert: {
          event_name: string
          events: number
          hour: string
          sample_rate: number
          source: string
          tenant_id: string
        }
        Update: {
          event_name?: string
          events?: number
          hour?: string
          sample_rate?: number
          source?: string
          tenant_id?: string
        }
        Relationships: []
      }
      imported_files: {
        Row: {
          chain: string | null
          erased: number
          imported_at: string
          imported_by: string
          known: number
          name: string
          number: number
          part: number
          sha256: string
          stored: number
          until_id: number | null
        }
        Insert: {
          chain?: string | null
          erased?: number
          imported_at?: string
          imported_by?: string
          known: number
          name: string
          number: number
          part: number
          sha256: string
          stored: number
          until_id?: number | null
        }
        Update: {
          chain?: string | null
          erased?: number
          imported_at?: string
          imported_by?: string
          known?: number
          name?: string
          number?: number
          part?: number
          sha256?: string
          stored?: number
          until_id?: number | null
        }
        Relationships: []
      }
      ingestion_calls: {
        Row: {
          accepted: number
          call_at: string
          call_id: string
          caller: string
          duplicates: number
          events: number
          function_name: string
          is_client: boolean
          microseconds: number
          redactions: Json | null
          rejected: number
          sampled_out: number
          source: string | null
          tenant_id: string
          weight: number
        }
        Insert: {
          accepted: number
          call_at: string
          call_id?: string
          caller: string
          duplicates: number
          events: number
          function_name: string
          is_client: boolean
          microseconds: number
          redactions?: Json | null
          rejected: number
          sampled_out: number
          source?: string | null
          tenant_id: string
          weight: number
        }
        Update: {
          accepted?: number
          call_at?: string
          call_id?: string
          caller?: string
          duplicates?: number
          events?: number
          function_name?: string
          is_client?: boolean
          microseconds?: number
          redactions?: Json | null
          rejected?: number
          sampled_out?: number
          source?: string | null
          tenant_id?: string
          weight?: number
        }
        Relationships: []
      }
      kept_counts: {
        Row: {
          day: string
          event_id: string
          event_name: string
          events: number
          tenant_id: string
        }
        Insert: {
          day: string
          event_id: string
          event_name: string
          events: number
          tenant_id: string
        }
        Update: {
          day?: string
          event_id?: string
          event_name?: string
          events?: number
          tenant_id?: string
        }
        Relationships: []
      }
      kept_groups: {
        Row: {
          first_group: number
          last_group: number
          leaves: string
          receipt_id: string
        }
        Insert: {
          first_group: number
          last_group: number
          leaves?: string
          receipt_id: string
        }
        Update: {
          first_group?: number
          last_group?: number
          leaves?: string
          receipt_id?: string
        }
        Relationships: []
      }
      kept_leaves: {
        Row: {
          ingest_id: number
          kept_id: number
          leaf: string
          receipt_id: string
          stays: boolean
        }
        Insert: {
          ingest_id: number
          kept_id?: number
          leaf: string
          receipt_id: string
          stays: boolean
        }
        Update: {
          ingest_id?: number
          kept_id?: number
          leaf?: string
          receipt_id?: string
          stays?: boolean
        }
        Relationships: []
      }
      kpi_history: {
        Row: {
          breakdown_value: string | null
          bucket: string
          details: Json | null
          entry_id: number
          grain: string
          is_other: boolean
          kpi: string
          n: number | null
          place: number
          question: string
          tenant_id: string | null
          value: number | null
        }
        Insert: {
          breakdown_value?: string | null
          bucket: string
          details?: Json | null
          entry_id?: number
          grain: string
          is_other: boolean
          kpi: string
          n?: number | null
          place: number
          question: string
          tenant_id?: string | null
          value?: number | null
        }
        Update: {
          breakdown_value?: string | null
          bucket?: string
          details?: Json | null
          entry_id?: number
          grain?: string
          is_other?: boolean
          kpi?: string
          n?: number | null
          place?: number
          question?: string
          tenant_id?: string | null
          value?: number | null
        }
        Relationships: []
      }
      kpi_history_buckets: {
        Row: {
          asked: NonNullable<Json>
          bucket: string
          grain: string
          kept_at: string
          kpi: string
          next_bucket: string
          question: string
        }
        Insert: {
          asked: NonNullable<Json>
          bucket: string
          grain: string
          kept_at?: string
          kpi: string
          next_bucket: string
          question: string
        }
        Update: {
          asked?: NonNullable<Json>
          bucket?: string
          grain?: string
          kept_at?: string
          kpi?: string
          next_bucket?: string
          question?: string
        }
        Relationships: []
      }
      kpis: {
        Row: {
          baseline_since: string | null
          baseline_until: string | null
          created_at: string
          description: string | null
          is_complement: boolean
          keep_history: boolean
          kind: string
          metric: Json | null
          name: string
          pack: string | null
          parameters: NonNullable<Json>
          question: string | null
          target: number | null
          target_change: number | null
          target_for: string | null
          target_is: string | null
          unit: string | null
          updated_at: string
          value_column: string | null
        }
        Insert: {
          baseline_since?: string | null
          baseline_until?: string | null
          created_at?: string
          description?: string | null
          is_complement?: boolean
          keep_history?: boolean
          kind: string
          metric?: Json | null
          name: string
          pack?: string | null
          parameters?: NonNullable<Json>
          question?: string | null
          target?: number | null
          target_change?: number | null
          target_for?: string | null
          target_is?: string | null
          unit?: string | null
          updated_at?: string
          value_column?: string | null
        }
        Update: {
          baseline_since?: string | null
          baseline_until?: string | null
          created_at?: string
          description?: string | null
          is_complement?: boolean
          keep_history?: boolean
          kind?: string
          metric?: Json | null
          name?: string
          pack?: string | null
          parameters?: NonNullable<Json>
          question?: string | null
          target?: number | null
          target_change?: number | null
          target_for?: string | null
          target_is?: string | null
          unit?: string | null
          updated_at?: string
          value_column?: string | null
        }
        Relationships: []
      }
      late_arrivals: {
        Row: {
          arrival_id: string
          first_id: number
          last_id: number
          since: string
          until: string
        }
        Insert: {
          arrival_id?: string
          first_id: number
          last_id: number
          since: string
          until: string
        }
        Update: {
          arrival_id?: string
          first_id?: number
          last_id?: number
          since?: string
          until?: string
        }
        Relationships: []
      }
      notification_positions: {
        Row: {
          destination: string
          digested_until: string | null
          down_since: string | null
          position: number
        }
        Insert: {
          destination: string
          digested_until?: string | null
          down_since?: string | null
          position: number
        }
        Update: {
          destination?: string
          digested_until?: string | null
          down_since?: string | null
          position?: number
        }
        Relationships: []
      }
      notification_states: {
        Row: {
          alert: string
          breakdown_value: string | null
          destination: string
          fingerprint: string
          is_error: boolean
          next_at: string | null
          tenant_id: string
          told: Json | null
          told_at: string | null
          untold: NonNullable<Json>
        }
        Insert: {
          alert: string
          breakdown_value?: string | null
          destination: string
          fingerprint: string
          is_error: boolean
          next_at?: string | null
          tenant_id: string
          told?: Json | null
          told_at?: string | null
          untold?: NonNullable<Json>
        }
        Update: {
          alert?: string
          breakdown_value?: string | null
          destination?: string
          fingerprint?: string
          is_error?: boolean
          next_at?: string | null
          tenant_id?: string
          told?: Json | null
          told_at?: string | null
          untold?: NonNullable<Json>
        }
        Relationships: []
      }
      notifications: {
        Row: {
          alert: string | null
          body: NonNullable<Json>
          destination: string
          kind: string
          local_date: string | null
          made_at: string
          notification_id: string
          severity: string | null
          tenant_id: string
          transition_ids: number[]
        }
        Insert: {
          alert?: string | null
          body: NonNullable<Json>
          destination: string
          kind: string
          local_date?: string | null
          made_at: string
          notification_id: string
          severity?: string | null
          tenant_id: string
          transition_ids?: number[]
        }
        Update: {
          alert?: string | null
          body?: NonNullable<Json>
          destination?: string
          kind?: string
          local_date?: string | null
          made_at?: string
          notification_id?: string
          severity?: string | null
          tenant_id?: string
          transition_ids?: number[]
        }
        Relationships: []
      }
      outbound_frontier: {
        Row: {
          complete_at: string
          name: string
          safe_until: number
        }
        Insert: {
          complete_at?: string
          name: string
          safe_until?: number
        }
        Update: {
          complete_at?: string
          name?: string
          safe_until?: number
        }
        Relationships: []
      }
      ownership_checks: {
        Row: {
          check_name: string
          created_at: string
          events: string[]
          function_name: string
        }
        Insert: {
          check_name: string
          created_at?: string
          events?: string[]
          function_name: string
        }
        Update: {
          check_name?: string
          created_at?: string
          events?: string[]
          function_name?: string
        }
        Relationships: []
      }
      redaction_policies: {
        Row: {
          created_at: string
          event_name: string | null
          policy: NonNullable<Json>
          policy_id: string
          tenant_id: string | null
        }
        Insert: {
          created_at?: string
          event_name?: string | null
          policy: NonNullable<Json>
          policy_id?: string
          tenant_id?: string | null
        }
        Update: {
          created_at?: string
          event_name?: string | null
          policy?: NonNullable<Json>
          policy_id?: string
          tenant_id?: string | null
        }
        Relationships: []
      }
      rejections: {
        Row: {
          caller: string
          event: Json | null
          event_name: string | null
          event_version: number | null
          is_client: boolean
          message: string
          reason: string
          rejected_at: string
          rejection_id: string
          tenant_id: string
          user_id: string | null
        }
        Insert: {
          caller: string
          event?: Json | null
          event_name?: string | null
          event_version?: number | null
          is_client: boolean
          message: string
          reason: string
          rejected_at: string
          rejection_id: string
          tenant_id: string
          user_id?: string | null
        }
        Update: {
          caller?: string
          event?: Json | null
          event_name?: string | null
          event_version?: number | null
          is_client?: boolean
          message?: string
          reason?: string
          rejected_at?: string
          rejection_id?: string
          tenant_id?: string
          user_id?: string | null
        }
        Relationships: []
      }
      replays: {
        Row: {
          outcome: string
          rejection_id: string
          replayed_at: string
          tenant_id: string
        }
        Insert: {
          outcome: string
          rejection_id: string
          replayed_at: string
          tenant_id: string
        }
        Update: {
          outcome?: string
          rejection_id?: string
          replayed_at?: string
          tenant_id?: string
        }
        Relationships: []
      }
      retention_classes: {
        Row: {
          created_at: string
          description: string | null
          keep: string | null
          name: string
          pack: string | null
          updated_at: string
        }
        Insert: {
          created_at?: string
          description?: string | null
          keep?: string | null
          name: string
          pack?: string | null
          updated_at?: string
        }
        Update: {
          created_at?: string
          description?: string | null
          keep?: string | null
          name?: string
          pack?: string | null
          updated_at?: string
        }
        Relationships: []
      }
      seal_leaves: {
        Row: {
          entry: string
          leaf: string
          leaf_index: number
          log: string
        }
        Insert: {
          entry: string
          leaf: string
          leaf_index: number
          log: string
        }
        Update: {
          entry?: string
          leaf?: string
          leaf_index?: number
          log?: string
        }
        Relationships: []
      }
      seal_pages: {
        Row: {
          groups: string
          page: number
          root: string
        }
        Insert: {
          groups: string
          page: number
          root: string
        }
        Update: {
          groups?: string
          page?: number
          root?: string
        }
        Relationships: []
      }
      seals: {
        Row: {
          first_id: number | null
          last_id: number | null
          log: string
          root: string
          sealed_at: string
          since: string | null
          size: number
          until: string | null
        }
        Insert: {
          first_id?: number | null
          last_id?: number | null
          log: string
          root: string
          sealed_at?: string
          since?: string | null
          size: number
          until?: string | null
        }
        Update: {
          first_id?: number | null
          last_id?: number | null
          log?: string
          root?: string
          sealed_at?: string
          since?: string | null
          size?: number
          until?: string | null
        }
        Relationships: []
      }
      silences: {
        Row: {
          alert: string
          breakdown_value: string | null
          made_by: string | null
          reason: string | null
          silence_id: string
          since: string
          tenant_id: string | null
          until: string
        }
        Insert: {
          alert: string
          breakdown_value?: string | null
          made_by?: string | null
          reason?: string | null
          silence_id?: string
          since: string
          tenant_id?: string | null
          until: string
        }
        Update: {
          alert?: string
          breakdown_value?: string | null
          made_by?: string | null
          reason?: string | null
          silence_id?: string
          since?: string
          tenant_id?: string | null
          until?: string
        }
        Relationships: []
      }
      table_imports: {
        Row: {
          at_block: number
          at_file: number
          at_table: number
          blocks: number
          blocks_read: number
          checks: boolean
          finished_at: string | null
          import_id: string
          imported_by: string
          known: number
          mapping: NonNullable<Json>
          passes: number
          reasons: NonNullable<Json>
          rejected: number
          relation: string
          rows_read: number
          sampled_out: number
          since: string | null
          started_at: string
          stored: number
          unread_columns: string[]
          until: string | null
          updated_at: string
        }
        Insert: {
          at_block: number
          at_file: number
          at_table: number
          blocks: number
          blocks_read: number
          checks: boolean
          finished_at?: string | null
          import_id: string
          imported_by: string
          known: number
          mapping: NonNullable<Json>
          passes: number
          reasons: NonNullable<Json>
          rejected: number
          relation: string
          rows_read: number
          sampled_out: number
          since?: string | null
          started_at: string
          stored: number
          unread_columns: string[]
          until?: string | null
          updated_at: string
        }
        Update: {
          at_block?: number
          at_file?: number
          at_table?: number
          blocks?: number
          blocks_read?: number
          checks?: boolean
          finished_at?: string | null
          import_id?: string
          imported_by?: string
          known?: number
          mapping?: NonNullable<Json>
          passes?: number
          reasons?: NonNullable<Json>
          rejected?: number
          relation?: string
          rows_read?: number
          sampled_out?: number
          since?: string | null
          started_at?: string
          stored?: number
          unread_columns?: string[]
          until?: string | null
          updated_at?: string
        }
        Relationships: []
      }
      table_trackings: {
        Row: {
          arguments: NonNullable<Json>
          condition: string | null
          created_at: string
          event_name: string
          is_strict: boolean
          operations: string[]
          payload: Json | null
          relation: string
          source: string | null
        }
        Insert: {
          arguments: NonNullable<Json>
          condition?: string | null
          created_at?: string
          event_name: string
          is_strict: boolean
          operations: string[]
          payload?: Json | null
          relation: string
          source?: string | null
        }
        Update: {
          arguments?: NonNullable<Json>
          condition?: string | null
          created_at?: string
          event_name?: string
          is_strict?: boolean
          operations?: string[]
          payload?: Json | null
          relation?: string
          source?: string | null
        }
        Relationships: []
      }
      tenants: {
        Row: {
          events_per_day: number | null
          payload_limit: number | null
          status: string
          tenant_id: string
          updated_at: string
        }
        Insert: {
          events_per_day?: number | null
          payload_limit?: number | null
          status?: string
          tenant_id: string
          updated_at?: string
        }
        Update: {
          events_per_day?: number | null
          payload_limit?: number | null
          status?: string
          tenant_id?: string
          updated_at?: string
        }
        Relationships: []
      }
      timeline_actors: {
        Row: {
          actor_number: number
          tenant_id: string
          user_id: string
        }
        Insert: {
          actor_number: number
          tenant_id: string
          user_id: string
        }
        Update: {
          actor_number?: number
          tenant_id?: string
          user_id?: string
        }
        Relationships: []
      }
      timeline_chunks: {
        Row: {
          band: number
          body: string
          chunk_id: number
          events: number
          first_ingest_id: number
          first_ts: string
          header: string
          last_ingest_id: number
          last_ts: string
          promoted: number
          removed: string | null
          tenant_id: string
        }
        Insert: {
          band: number
          body: string
          chunk_id?: number
          events: number
          first_ingest_id: number
          first_ts: string
          header: string
          last_ingest_id: number
          last_ts: string
          promoted: number
          removed?: string | null
          tenant_id: string
        }
        Update: {
          band?: number
          body?: string
          chunk_id?: number
          events?: number
          first_ingest_id?: number
          first_ts?: string
          header?: string
          last_ingest_id?: number
          last_ts?: string
          promoted?: number
          removed?: string | null
          tenant_id?: string
        }
        Relationships: []
      }
      timeline_tenants: {
        Row: {
          actors: number
          epoch: number
          tenant_id: string
        }
        Insert: {
          actors?: number
          epoch?: number
          tenant_id: string
        }
        Update: {
          actors?: number
          epoch?: number
          tenant_id?: string
        }
        Relationships: []
      }
    }
    Views: {
      cursors: {
        Row: {
          consumer: string | null
          held_back_by: number | null
          held_back_since: string | null
          lag_events: number | null
          lag_seconds: number | null
          position: number | null
        }
        Relationships: []
      }
      dead_letters: {
        Row: {
          attempts: number | null
          delivery_id: string | null
          destination: string | null
          ended_at: string | null
          events: number | null
          first_attempt_at: string | null
          last_error: string | null
          last_status_code: number | null
        }
        Relationships: []
      }
      delivery_counts: {
        Row: {
          deliveries: number | null
          destination: string | null
          hour: string | null
          outcome: string | null
        }
        Relationships: []
      }
    }
    Functions: {
      acknowledge_alert: {
        Args: { fingerprint: string; note?: string }
        Returns: undefined
      }
      active_users: {
        Args: {
          actor?: string
          breakdown?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          object_key?: string
          rolling_days?: number
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actors: number
          breakdown_value: string
          bucket: string
          is_complete: boolean
          is_other: boolean
        }[]
      }
      active_users_actors: {
        Args: {
          actor?: string
          breakdown?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          object_key?: string
          rolling_days?: number
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actor_id: string
          breakdown_value: string
          bucket: string
          is_other: boolean
          tenant_id: string
        }[]
      }
      activity_heatmap: {
        Args: {
          actor?: string
          events?: string[]
          filter?: Json
          last?: string
          object_key?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
        }
        Returns: {
          actors: number
          events: number
          hour: number
          weekday: number
        }[]
      }
      activity_heatmap_actors: {
        Args: {
          actor?: string
          events?: string[]
          filter?: Json
          last?: string
          object_key?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
        }
        Returns: {
          actor_id: string
          hour: number
          tenant_id: string
          weekday: number
        }[]
      }
      actor_name: {
        Args: { actor?: string; actor_id: string; tenant_id?: string }
        Returns: string
      }
      actor_names: {
        Args: { actor?: string; actors: string[]; tenant?: string }
        Returns: {
          actor_id: string
          actor_name: string
        }[]
      }
      actor_ratio: {
        Args: {
          actor?: string
          breakdown?: string
          denominator?: string
          denominator_events?: string[]
          filter?: Json
          grain?: string
          last?: string
          numerator?: string
          numerator_events?: string[]
          numerator_filter?: Json
          object_key?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          denominator: number
          is_complete: boolean
          is_other: boolean
          numerator: number
          ratio: number
        }[]
      }
      actor_ratio_actors: {
        Args: {
          actor?: string
          breakdown?: string
          denominator?: string
          denominator_events?: string[]
          filter?: Json
          grain?: string
          last?: string
          numerator?: string
          numerator_events?: string[]
          numerator_filter?: Json
          object_key?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actor_id: string
          breakdown_value: string
          bucket: string
          is_in_numerator: boolean
          is_other: boolean
          tenant_id: string
        }[]
      }
      add_alias: {
        Args: { alias: string; argument: string }
        Returns: undefined
      }
      add_ownership_check: {
        Args: { check_name: string; events?: string[]; function_name: string }
        Returns: undefined
      }
      admit_router: { Args: { role: string }; Returns: undefined }
      alert_history: {
        Args: {
          alert?: string
          last?: string
          since?: string
          tenant?: string
          until?: string
        }
        Returns: {
          at: string
          breakdown_value: string
          cause: string
          duration: string
          fingerprint: string
          from_status: string
          message: string
          n: number
          name: string
          range_since: string
          range_until: string
          severity: string
          tenant_id: string
          threshold: number
          to_status: string
          value: number
        }[]
      }
      alert_status: {
        Args: { tenant?: string }
        Returns: {
          acknowledged_at: string
          acknowledged_by: string
          breakdown_value: string
          error: string
          evaluated_until: string
          fingerprint: string
          fires: string
          kpi: string
          n: number
          name: string
          next_notification_at: string
          severity: string
          silenced_until: string
          since: string
          status: string
          tenant_id: string
          threshold: number
          value: number
        }[]
      }
      alert_value: {
        Args: { alert: string; as_of?: string; tenant?: string }
        Returns: {
          at: string
          breakdown_value: string
          fingerprint: string
          fires: string
          n: number
          range_since: string
          range_until: string
          tenant_id: string
          threshold: number
          value: number
        }[]
      }
      anomalies: {
        Args: {
          event_name?: string
          filter?: Json
          grain?: string
          last?: string
          seasonality?: string
          since?: string
          tenant?: string
          threshold?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          bucket: string
          expected: number
          is_anomaly: boolean
          is_complete: boolean
          score: number
          value: number
        }[]
      }
      anomalies_of: {
        Args: {
          grain?: string
          numbers?: number[]
          seasonality?: string
          threshold?: number
          times?: string[]
          tz?: string
          week_start?: string
        }
        Returns: {
          bucket: string
          expected: number
          is_anomaly: boolean
          score: number
          value: number
        }[]
      }
      anonymize_user: {
        Args: {
          keep_keys?: string[]
          reason?: string
          tenant?: string
          user_id: string
        }
        Returns: Database["telemetry"]["CompositeTypes"]["erasure_receipt"]
        SetofOptions: {
          from: "*"
          to: "erasure_receipt"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      as_id: { Args: { id: string; tenant_id?: string }; Returns: string }
      assign_variant: {
        Args: {
          actor?: string
          experiment?: string
          variants?: string[]
          weights?: number[]
        }
        Returns: string
      }
      audit_secrets: { Args: Record<PropertyKey, never>; Returns: Json[] }
      avg_of: {
        Args: {
          breakdown?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          payload_key?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          events: number
          is_complete: boolean
          is_other: boolean
          not_numeric: number
          value: number
        }[]
      }
      backlog: {
        Args: {
          closed: string
          filter?: Json
          grain?: string
          last?: string
          opened: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          backlog: number
          bucket: string
          closed_events: number
          is_complete: boolean
          opened_events: number
        }[]
      }
      backtest_alert: {
        Args: {
          definition?: Json
          since?: string
          tenant?: string
          until?: string
        }
        Returns: {
          at: string
          breakdown_value: string
          cause: string
          from_status: string
          n: number
          notifies: boolean
          range_since: string
          range_until: string
          status: string
          tenant_id: string
          threshold: number
          value: number
        }[]
      }
      budget_rate: {
        Args: { daily_budget: number; kept: number }
        Returns: number
      }
      checkpoint: { Args: { log?: string }; Returns: string }
      claim_deliveries: {
        Args: { kinds?: string[]; most?: number; worker: string }
        Returns: {
          attempt: number
          body: string
          delivery_id: string
          destination: string
          headers: Json
          kind: string
          leased_until: string
          order_key: string
          secret_name: string
          ticket: string
          timeout_seconds: number
          url: string
        }[]
      }
      claim_export: {
        Args: { name: string; worker: string }
        Returns: {
          after_id: number
          file_columns: Json
          file_name: string
          format: string
          leased_until: string
          number: number
          partition_by: string
          rows: number
          schema_version: number
          until_id: number
        }[]
      }
      click_through: {
        Args: {
          grain?: string
          last?: string
          since?: string
          table_name?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          assignments_with_clicks: number
          bucket: string
          is_complete: boolean
          total_clicks: number
        }[]
      }
      client_types: { Args: { language: string }; Returns: string }
      cohort_actors: {
        Args: { cohort: string; tenant?: string }
        Returns: {
          actor_id: string
          tenant_id: string
        }[]
      }
      commit_export: {
        Args: { files: Json; name: string; number: number; worker: string }
        Returns: boolean
      }
      compare_periods: {
        Args: {
          at: string
          confidence_level?: number
          grain?: string
          name: string
          tenant?: string
          tz?: string
          week_start?: string
          width?: string
        }
        Returns: {
          breakdown_value: string
          buckets_after: number
          buckets_before: number
          difference: number
          is_complete: boolean
          is_other: boolean
          is_significant: boolean
          n_after: number
          n_before: number
          p_value: number
          range_since: string
          range_until: string
          reason: string
          relative_change: number
          test: string
          unit: string
          value_after: number
          value_before: number
        }[]
      }
      consistency_proof: {
        Args: { log?: string; new_size?: number; old_size: number }
        Returns: string[]
      }
      correlation_of: { Args: { payload: Json }; Returns: string }
      create_compatibility_views: {
        Args: { pack: string; target_schema?: string }
        Returns: string[]
      }
      create_partitions: { Args: Record<PropertyKey, never>; Returns: number }
      current_tenant: { Args: Record<PropertyKey, never>; Returns: string }
      current_user_id: { Args: Record<PropertyKey, never>; Returns: string }
      dashboard: {
        Args: {
          grain?: string
          last?: string
          name: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          error: string
          from_history: boolean
          is_complete: boolean
          is_met: boolean
          is_other: boolean
          kpi: string
          n: number
          previous_value: number
          target: number
          target_is: string
          unit: string
          value: number
        }[]
      }
      dashboard_page: {
        Args: {
          as_file?: boolean
          first_day?: string
          grain?: string
          last?: string
          last_day?: string
          name: string
          refresh_seconds?: number
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: unknown
      }
      dau_mau: {
        Args: {
          actor?: string
          averaged_grain?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          object_key?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actors: number
          average_actors: number
          bucket: string
          is_complete: boolean
          periods: number
          ratio: number
        }[]
      }
      dau_mau_actors: {
        Args: {
          actor?: string
          averaged_grain?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          object_key?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          active_periods: number
          actor_id: string
          bucket: string
          tenant_id: string
        }[]
      }
      deprecate_event: {
        Args: { event_name: string; replaced_by?: string }
        Returns: number
      }
      destination_status: {
        Args: { destination?: string }
        Returns: {
          dead_letters: number
          failing_since: string
          held_back_since: string
          kind: string
          lag_events: number
          lag_seconds: number
          last_error: string
          last_status_code: number
          last_success_at: string
          name: string
          next_attempt_at: string
          position: number
          status: string
          waiting: number
        }[]
      }
      disable_supabase: { Args: Record<PropertyKey, never>; Returns: undefined }
      drift_report: {
        Args: { since?: string; tenant?: string; until?: string }
        Returns: {
          details: Json
          event_name: string
          finding: string
          payload_key: string
          severity: string
        }[]
      }
      drop_actor_names: { Args: { actor?: string }; Returns: boolean }
      drop_alert: { Args: { name: string }; Returns: undefined }
      drop_cohort: { Args: { cohort: string }; Returns: boolean }
      drop_compatibility_views: {
        Args: { pack: string; target_schema?: string }
        Returns: string[]
      }
      drop_dashboard: { Args: { name: string }; Returns: undefined }
      drop_destination: { Args: { name: string }; Returns: boolean }
      drop_export: { Args: { name: string }; Returns: boolean }
      drop_kpi: { Args: { name: string }; Returns: undefined }
      drop_ownership_check: { Args: { check_name: string }; Returns: boolean }
      drop_retention_class: { Args: { name: string }; Returns: undefined }
      enable_supabase: {
        Args: { authenticated_reads?: string }
        Returns: {
          access_level: string
          role_name: string
        }[]
      }
      end_silence: { Args: { silence_id: string }; Returns: undefined }
      enqueue: {
        Args: {
          body: Json
          destination: string
          idempotency_key?: string
          order_key?: string
        }
        Returns: string
      }
      erase_events: {
        Args: {
          event_ids: string[]
          reason?: string
          since?: string
          tenant?: string
          until?: string
        }
        Returns: Database["telemetry"]["CompositeTypes"]["erasure_receipt"]
        SetofOptions: {
          from: "*"
          to: "erasure_receipt"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      erase_tenant: {
        Args: { reason?: string; tenant: string }
        Returns: Database["telemetry"]["CompositeTypes"]["erasure_receipt"]
        SetofOptions: {
          from: "*"
          to: "erasure_receipt"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      erase_user: {
        Args: { reason?: string; tenant?: string; user_id: string }
        Returns: Database["telemetry"]["CompositeTypes"]["erasure_receipt"]
        SetofOptions: {
          from: "*"
          to: "erasure_receipt"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      erasure_receipts: { Args: { since?: string }; Returns: Json[] }
      evaluate_alerts: { Args: { as_of?: string }; Returns: number }
      event_catalog: {
        Args: Record<PropertyKey, never>
        Returns: {
          daily_budget: number
          description: string
          domain: string
          enforcement: string
          event_name: string
          event_version: number
          logged_by: string
          pack: string
          payload_limit: number
          properties: Json
          redaction: Json
          replaced_by: string
          required_arguments: string[]
          required_keys: string[]
          retention_class: string
          sampling_rate: number
          status: string
        }[]
      }
      event_ratio: {
        Args: {
          breakdown?: string
          denominator?: string
          denominator_events?: string[]
          filter?: Json
          grain?: string
          last?: string
          numerator?: string
          numerator_events?: string[]
          numerator_filter?: Json
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          denominator: number
          is_complete: boolean
          is_other: boolean
          numerator: number
          ratio: number
        }[]
      }
      event_volume: {
        Args: {
          breakdown?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          event_name: string
          events: number
          is_complete: boolean
          is_other: boolean
        }[]
      }
      experiment_actors: {
        Args: {
          cuped_days?: number
          denominator_event?: string
          denominator_key?: string
          experiment?: string
          experiment_key?: string
          exposure_event?: string
          exposure_filter?: Json
          filter?: Json
          last?: string
          metric_event?: string
          metric_kind?: string
          since?: string
          tenant?: string
          until?: string
          value_key?: string
          variant_key?: string
        }
        Returns: {
          actor_id: string
          denominator: number
          denominator_before: number
          exposed_at: string
          not_numeric: number
          tenant_id: string
          value: number
          value_before: number
          variant: string
        }[]
      }
      experiment_power: {
        Args: {
          baseline?: number
          confidence_level?: number
          control_actors?: number
          minimum_effect?: number
          standard_deviation?: number
          treatment_actors?: number
        }
        Returns: {
          difference: number
          power: number
        }[]
      }
      experiment_results: {
        Args: {
          confidence_level?: number
          control?: string
          cuped_days?: number
          denominator_event?: string
          denominator_key?: string
          expected_actors?: number
          experiment?: string
          experiment_key?: string
          exposure_event?: string
          exposure_filter?: Json
          filter?: Json
          last?: string
          method?: string
          metric_event?: string
          metric_kind?: string
          since?: string
          split?: Json
          tenant?: string
          until?: string
          value_key?: string
          variant_key?: string
        }
        Returns: {
          actors: number
          chance_to_win: number
          difference: number
          difference_high: number
          difference_low: number
          interval_high: number
          interval_low: number
          is_control: boolean
          mean: number
          multi_variant_actors: number
          not_numeric: number
          p_value: number
          relative_difference: number
          sequential_high: number
          sequential_low: number
          sequential_p_value: number
          srm_flag: boolean
          srm_p_value: number
          standard_error: number
          variant: string
        }[]
      }
      experiment_sample_size: {
        Args: {
          baseline?: number
          confidence_level?: number
          minimum_effect?: number
          power?: number
          standard_deviation?: number
          treatment_share?: number
        }
        Returns: {
          actors: number
          control_actors: number
          difference: number
          treatment_actors: number
        }[]
      }
      expire_unit: {
        Args: { most?: number; unless_finished?: boolean }
        Returns: number
      }
      expiry_report: {
        Args: { at_time?: string }
        Returns: {
          due_bytes: number
          due_events: number
          events: number
          held_by: string
          next_due_at: string
          partition: string
          retention_class: string
          since: string
          until: string
        }[]
      }
      explain_kpi: {
        Args: { arguments?: Json; kpi: string }
        Returns: {
          chunks: number
          derived_events: number
          raw_events: number
          reason: string
          source: string
          threads_asked: number
          threads_got: number
        }[]
      }
      export_manifest: {
        Args: { name: string; since_number?: number }
        Returns: {
          after_id: number
          bytes: number
          chain: string
          changed_ids: number[]
          committed_at: string
          erased_ids: number[]
          file_columns: Json
          first_id: number
          format: string
          last_id: number
          max_event_ts: string
          min_event_ts: string
          number: number
          part: number
          path: string
          rows: number
          schema_version: number
          sha256: string
          until_id: number
        }[]
      }
      export_rows: {
        Args: { after_id?: number; most?: number; name: string; number: number }
        Returns: {
          client_ts: string
          event_id: string
          event_name: string
          event_ts: string
          event_version: number
          ingest_id: number
          payload: Json
          sample_rate: number
          seq: number
          session_id: string
          source: string
          subject_id: string
          tenant_id: string
          user_id: string
        }[]
      }
      export_status: {
        Args: { export?: string }
        Returns: {
          asked_at: string
          bytes: number
          committed_at: string
          files: number
          format: string
          held_back_since: string
          is_out: boolean
          lag_events: number
          lag_seconds: number
          leased_by: string
          leased_until: string
          most_age: string
          name: string
          number: number
          position: number
          rows: number
        }[]
      }
      extraction_outcomes: {
        Args: {
          grain?: string
          last?: string
          since?: string
          table_name?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          bucket: string
          extractions: number
          is_complete: boolean
          status: string
        }[]
      }
      feature_adoption: {
        Args: {
          actor?: string
          events?: string[]
          feature_event?: string
          feature_filter?: Json
          filter?: Json
          grain?: string
          last?: string
          object_key?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          active_actors: number
          bucket: string
          cumulative_adopters: number
          feature_actors: number
          is_complete: boolean
          new_adopters: number
          rate: number
        }[]
      }
      feature_adoption_actors: {
        Args: {
          actor?: string
          events?: string[]
          feature_event?: string
          feature_filter?: Json
          filter?: Json
          grain?: string
          last?: string
          object_key?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actor_id: string
          bucket: string
          is_new_adopter: boolean
          tenant_id: string
          used_feature: boolean
        }[]
      }
      forecast: {
        Args: {
          confidence_level?: number
          event_name?: string
          filter?: Json
          grain?: string
          horizon?: number
          last?: string
          seasonality?: string
          since?: string
          target?: number
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          bucket: string
          expected: number
          lower: number
          reaches_at: string
          reaches_earliest: string
          reaches_latest: string
          upper: number
        }[]
      }
      forecast_kpi: {
        Args: {
          confidence_level?: number
          grain?: string
          horizon?: number
          last?: string
          name: string
          reaches?: number
          seasonality?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          expected: number
          is_other: boolean
          lower: number
          reaches_at: string
          reaches_earliest: string
          reaches_latest: string
          reason: string
          target: number
          unit: string
          upper: number
        }[]
      }
      forecast_of: {
        Args: {
          confidence_level?: number
          grain?: string
          horizon?: number
          numbers?: number[]
          seasonality?: string
          target?: number
          times?: string[]
          tz?: string
          week_start?: string
        }
        Returns: {
          bucket: string
          expected: number
          lower: number
          reaches_at: string
          reaches_earliest: string
          reaches_latest: string
          upper: number
        }[]
      }
      forget_expired: { Args: Record<PropertyKey, never>; Returns: number }
      funnel: {
        Args: {
          actor?: string
          attribution?: string
          breakdown?: string
          count?: string
          entry?: string
          exclude?: string
          exclusion?: string
          filter?: Json
          last?: string
          match?: string[]
          object_key?: string
          ordering?: string
          since?: string
          steps: string
          tenant?: string
          ties?: string
          top_n?: number
          until?: string
          within?: string
        }
        Returns: {
          actors: number
          avg_seconds: number
          breakdown_value: string
          entries: number
          event_name: string
          is_other: boolean
          median_seconds: number
          rate_from_first: number
          rate_from_previous: number
          step: number
        }[]
      }
      funnel_actors: {
        Args: {
          actor?: string
          attribution?: string
          breakdown?: string
          count?: string
          entry?: string
          exclude?: string
          exclusion?: string
          filter?: Json
          last?: string
          match?: string[]
          object_key?: string
          ordering?: string
          since?: string
          steps: string
          tenant?: string
          ties?: string
          top_n?: number
          until?: string
          within?: string
        }
        Returns: {
          actor_id: string
          breakdown_value: string
          depth: number
          is_other: boolean
          reached: string[]
          tenant_id: string
        }[]
      }
      funnel_times: {
        Args: {
          actor?: string
          attribution?: string
          bins?: number
          breakdown?: string
          entry?: string
          exclude?: string
          exclusion?: string
          filter?: Json
          from_step?: number
          last?: string
          match?: string[]
          object_key?: string
          ordering?: string
          since?: string
          steps: string
          tenant?: string
          ties?: string
          to_step?: number
          top_n?: number
          until?: string
          within?: string
        }
        Returns: {
          actors: number
          bin: number
          breakdown_value: string
          from_seconds: number
          is_other: boolean
          until_seconds: number
        }[]
      }
      funnel_times_actors: {
        Args: {
          actor?: string
          attribution?: string
          breakdown?: string
          entry?: string
          exclude?: string
          exclusion?: string
          filter?: Json
          from_step?: number
          last?: string
          match?: string[]
          object_key?: string
          ordering?: string
          since?: string
          steps: string
          tenant?: string
          ties?: string
          to_step?: number
          top_n?: number
          until?: string
          within?: string
        }
        Returns: {
          actor_id: string
          breakdown_value: string
          is_other: boolean
          seconds: number
          tenant_id: string
        }[]
      }
      funnel_trend: {
        Args: {
          actor?: string
          attribution?: string
          breakdown?: string
          count?: string
          entry?: string
          exclude?: string
          exclusion?: string
          filter?: Json
          grain?: string
          last?: string
          match?: string[]
          object_key?: string
          ordering?: string
          since?: string
          steps: string
          tenant?: string
          ties?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
          within?: string
        }
        Returns: {
          actors: number
          breakdown_value: string
          bucket: string
          entries: number
          event_name: string
          is_complete: boolean
          is_other: boolean
          rate_from_first: number
          rate_from_previous: number
          step: number
        }[]
      }
      funnel_trend_actors: {
        Args: {
          actor?: string
          attribution?: string
          breakdown?: string
          count?: string
          entry?: string
          exclude?: string
          exclusion?: string
          filter?: Json
          grain?: string
          last?: string
          match?: string[]
          object_key?: string
          ordering?: string
          since?: string
          steps: string
          tenant?: string
          ties?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
          within?: string
        }
        Returns: {
          actor_id: string
          breakdown_value: string
          bucket: string
          depth: number
          is_other: boolean
          reached: string[]
          tenant_id: string
        }[]
      }
      generate_demo_events: {
        Args: {
          days?: number
          pack: string
          seed?: number
          until?: string
          users?: number
        }
        Returns: number
      }
      grafana_dashboard: {
        Args: { datasource_uid?: string; name: string }
        Returns: Json
      }
      grant_access: {
        Args: { access_level: string; role: string }
        Returns: undefined
      }
      health: {
        Args: Record<PropertyKey, never>
        Returns: {
          check_name: string
          mend: string
          problem: string
          severity: string
        }[]
      }
      health_summary: {
        Args: Record<PropertyKey, never>
        Returns: {
          errors: number
          healthy: boolean
          reasons: string[]
          severity: string
          warnings: number
        }[]
      }
      help: {
        Args: { name?: string }
        Returns: {
          line: string
        }[]
      }
      hold_events: {
        Args: {
          events?: string[]
          hold_name: string
          reason?: string
          since?: string
          tenant?: string
          until?: string
          user_id?: string
        }
        Returns: Database["telemetry"]["CompositeTypes"]["erasure_receipt"]
        SetofOptions: {
          from: "*"
          to: "erasure_receipt"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      import_events: { Args: { events?: Json }; Returns: number }
      import_export: {
        Args: {
          manifest?: Json
          more?: boolean
          name: string
          number: number
          part?: number
          rows: string
          sha256?: string
          taxonomy?: Json
          with_erased?: boolean
        }
        Returns: Database["telemetry"]["CompositeTypes"]["import_outcome"]
        SetofOptions: {
          from: "*"
          to: "import_outcome"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      import_progress: {
        Args: { relation?: unknown }
        Returns: {
          finished_at: string
          known: number
          mapping: Json
          passes: number
          reasons: Json
          rejected: number
          relation_name: string
          rows_read: number
          sampled_out: number
          share_read: number
          since: string
          started_at: string
          stored: number
          unread_columns: string[]
          until: string
          updated_at: string
        }[]
      }
      import_table_part: {
        Args: {
          mapping?: Json
          most?: number
          relation: unknown
          since?: string
          until?: string
        }
        Returns: Database["telemetry"]["CompositeTypes"]["import_part"]
        SetofOptions: {
          from: "*"
          to: "import_part"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      inclusion_proof: {
        Args: { event_id: string; size?: number; tenant?: string }
        Returns: {
          checkpoint: string
          leaf: string
          leaf_index: number
          path: string[]
        }[]
      }
      ingestion_alerts: {
        Args: { since?: string; tenant?: string; until?: string }
        Returns: {
          alert: string
          is_firing: boolean
          n: number
          threshold: number
          value: number
        }[]
      }
      ingestion_run_errors: {
        Args: {
          grain?: string
          last?: string
          progress_table_name?: string
          since?: string
          table_name?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          bad_run_rate: number
          bad_runs: number
          bucket: string
          error_rate: number
          errors: number
          inserted: number
          is_complete: boolean
          ok_runs: number
          runs: number
          scanned: number
          updated: number
        }[]
      }
      ingestion_stats: {
        Args: {
          grain?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          batch_size_max: number
          batch_size_p50: number
          batch_size_p95: number
          batches: number
          batches_per_second: number
          bucket: string
          client_batches: number
          client_retry_rate: number
          duplicate_rate: number
          duplicates: number
          events_per_second: number
          events_received: number
          events_stored: number
          failed_inserts: number
          flush_size_avg: number
          is_complete: boolean
          latency_p50_ms: number
          latency_p95_ms: number
          latency_p99_ms: number
          redactions: Json
          rejected: number
          rejected_by_reason: Json
          rejection_rate: number
          retried_batches: number
        }[]
      }
      init: { Args: Record<PropertyKey, never>; Returns: undefined }
      install_pack: { Args: { name: string }; Returns: number }
      item_statistics: {
        Args: {
          last?: string
          since?: string
          table_name?: string
          tenant?: string
          until?: string
        }
        Returns: {
          answered: number
          changes: number
          changes_per_answer: number
          difficulty: number
          discrimination: number
          marked: number
          median_seconds: number
          sessions: number
          subject_id: string
          tenant_id: string
        }[]
      }
      kpi: {
        Args: {
          grain?: string
          headline?: boolean
          last?: string
          name: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          from_history: boolean
          is_complete: boolean
          is_met: boolean
          is_other: boolean
          n: number
          target: number
          target_is: string
          unit: string
          value: number
        }[]
      }
      kpi_chart: {
        Args: {
          first_day?: string
          grain?: string
          last?: string
          last_day?: string
          name: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: unknown
      }
      kpi_details: {
        Args: {
          grain?: string
          last?: string
          name: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          details: Json
          from_history: boolean
          is_complete: boolean
          is_met: boolean
          is_other: boolean
          n: number
          target: number
          target_is: string
          unit: string
          value: number
        }[]
      }
      kpi_kinds: {
        Args: Record<PropertyKey, never>
        Returns: {
          breakdown_columns: string[]
          bucket_column: string
          bucket_kind: string
          count_column: string
          has_previous: boolean
          keeps_history: boolean
          kind: string
          own_grain: string
          range_row: string
          value_columns: string[]
        }[]
      }
      kpi_of_parts: {
        Args: { arguments: Json; kpi: string; parts: string[] }
        Returns: Json[]
      }
      kpi_parts: {
        Args: {
          arguments?: Json
          divided_by?: string
          kpi: string
          moment?: string
        }
        Returns: string
      }
      kpi_status: {
        Args: {
          dashboard?: string
          last?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          change: number
          error: string
          is_complete: boolean
          is_met: boolean
          kpi: string
          n: number
          previous_value: number
          target: number
          target_is: string
          unit: string
          unmet_for: string
          value: number
        }[]
      }
      lifecycle: {
        Args: {
          actor?: string
          breakdown?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          object_key?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actors: number
          breakdown_value: string
          bucket: string
          is_complete: boolean
          is_other: boolean
          status: string
        }[]
      }
      lifecycle_actors: {
        Args: {
          actor?: string
          breakdown?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          object_key?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actor_id: string
          breakdown_value: string
          bucket: string
          is_other: boolean
          status: string
          tenant_id: string
        }[]
      }
      log_event: {
        Args: {
          client_ts?: string
          event_id?: string
          event_name: string
          event_version?: number
          payload?: Json
          seq?: number
          session_id?: string
          source?: string
          subject_id?: string
          tenant_id?: string
          user_id?: string
        }
        Returns: string
      }
      log_events: {
        Args: { events: Json; source?: string }
        Returns: Database["telemetry"]["CompositeTypes"]["batch_outcome"]
        SetofOptions: {
          from: "*"
          to: "batch_outcome"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      log_visibility: { Args: Record<PropertyKey, never>; Returns: string }
      market_supply: {
        Args: {
          grain?: string
          last?: string
          since?: string
          table_name?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          bucket: string
          created: number
          is_complete: boolean
          not_open: number
          open: number
        }[]
      }
      max_of: {
        Args: {
          breakdown?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          payload_key?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          events: number
          is_complete: boolean
          is_other: boolean
          not_numeric: number
          value: number
        }[]
      }
      may_commit: { Args: Record<PropertyKey, never>; Returns: boolean }
      metric_samples: {
        Args: { tenant?: string }
        Returns: {
          help: string
          labels: Json
          metric: string
          metric_type: string
          value: number
        }[]
      }
      metrics: { Args: { tenant?: string }; Returns: unknown }
      min_of: {
        Args: {
          breakdown?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          payload_key?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          events: number
          is_complete: boolean
          is_other: boolean
          not_numeric: number
          value: number
        }[]
      }
      next_events: {
        Args: {
          actor?: string
          base?: string
          direction?: string
          events?: string[]
          exclude?: string[]
          filter?: Json
          last?: string
          object_key?: string
          sequence: string[]
          since?: string
          tenant?: string
          until?: string
        }
        Returns: {
          actors: number
          event_name: string
          share: number
        }[]
      }
      next_events_actors: {
        Args: {
          actor?: string
          base?: string
          direction?: string
          events?: string[]
          exclude?: string[]
          filter?: Json
          last?: string
          object_key?: string
          sequence: string[]
          since?: string
          tenant?: string
          until?: string
        }
        Returns: {
          actor_id: string
          event_at: string
          event_name: string
          matched_at: string
          tenant_id: string
        }[]
      }
      notification_history: {
        Args: {
          alert?: string
          destination?: string
          last?: string
          since?: string
          until?: string
        }
        Returns: {
          at: string
          delivery_status: string
          destination_name: string
          kind: string
          local_date: string
          message: Json
          name: string
          notification_id: string
          settled_at: string
          severity: string
          tenant_id: string
          title: string
          transition_ids: number[]
        }[]
      }
      object_ratio: {
        Args: {
          breakdown?: string
          denominator?: string
          due_events?: string[]
          due_key?: string
          exclude_event?: string
          filter?: Json
          grain?: string
          last?: string
          numerator?: string
          object_key?: string
          recovery_event?: string
          recovery_from?: string
          recovery_within?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
          within?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          in_denominator: number
          in_numerator: number
          is_complete: boolean
          is_other: boolean
          lost: number
          not_yet_due: number
          previous_ratio: number
          ratio: number
          recovered: number
          recovery_rate: number
          relative_change: number
          undated: number
        }[]
      }
      object_ratio_objects: {
        Args: {
          breakdown?: string
          denominator?: string
          due_events?: string[]
          due_key?: string
          exclude_event?: string
          filter?: Json
          grain?: string
          last?: string
          numerator?: string
          object_key?: string
          recovery_event?: string
          recovery_from?: string
          recovery_within?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
          within?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          denominator_at: string
          due_at: string
          is_in_numerator: boolean
          is_lost: boolean
          is_recovered: boolean
          subject_id: string
          tenant_id: string
          user_id: string
        }[]
      }
      open_items: {
        Args: {
          closed_events: string[]
          object_key?: string
          opened_events: string[]
          tenant?: string
          until?: string
        }
        Returns: {
          event_name: string
          item: string
          last_at: string
          opened_at: string
          openings: number
          payload: Json
          seconds_open: number
          tenant_id: string
        }[]
      }
      pack_catalog: {
        Args: Record<PropertyKey, never>
        Returns: {
          description: string
          event_types: number
          pack: string
        }[]
      }
      paths: {
        Args: {
          actor?: string
          end_event?: string
          events?: string[]
          exclude?: string[]
          filter?: Json
          last?: string
          max_steps?: number
          object_key?: string
          since?: string
          start_event?: string
          tenant?: string
          until?: string
        }
        Returns: {
          actors: number
          avg_seconds: number
          source_name: string
          step: number
          target_name: string
        }[]
      }
      paths_actors: {
        Args: {
          actor?: string
          end_event?: string
          events?: string[]
          exclude?: string[]
          filter?: Json
          last?: string
          max_steps?: number
          object_key?: string
          since?: string
          start_event?: string
          tenant?: string
          until?: string
        }
        Returns: {
          actor_id: string
          left_at: string
          seconds: number
          source_name: string
          step: number
          target_name: string
          tenant_id: string
        }[]
      }
      pause_destination: { Args: { name: string }; Returns: undefined }
      payload_keys: {
        Args: { payload: Json }
        Returns: {
          json_type: string
          parent_key: string
          payload_key: string
          value: string
        }[]
      }
      percentiles: {
        Args: {
          breakdown?: string
          events?: string[]
          filter?: Json
          fractions?: number[]
          grain?: string
          last?: string
          payload_key?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          events: number
          fraction: number
          is_complete: boolean
          is_other: boolean
          not_numeric: number
          value: number
        }[]
      }
      percentiles_sketched: {
        Args: {
          breakdown?: string
          events?: string[]
          filter?: Json
          fractions?: number[]
          grain?: string
          last?: string
          payload_key?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          events: number
          fraction: number
          is_complete: boolean
          is_other: boolean
          not_numeric: number
          value: number
        }[]
      }
      period: {
        Args: {
          grain?: string
          last?: string
          since?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          range_since: string
          range_until: string
        }[]
      }
      placed_tenants: { Args: Record<PropertyKey, never>; Returns: string[] }
      prometheus_rules: { Args: Record<PropertyKey, never>; Returns: unknown }
      queue_state: {
        Args: {
          closed_events: string[]
          object_key?: string
          opened_events: string[]
          tenant?: string
          until?: string
        }
        Returns: {
          median_seconds: number
          oldest_opened_at: string
          oldest_seconds: number
          open_items: number
          openings: number
        }[]
      }
      rate_of_errors: {
        Args: {
          all_events?: string[]
          breakdown?: string
          by_user?: boolean
          error_events?: string[]
          filter?: Json
          grain?: string
          last?: string
          numerator_filter?: Json
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          errors: number
          events: number
          is_complete: boolean
          is_other: boolean
          rate: number
        }[]
      }
      reads_only: { Args: { tenant: string }; Returns: boolean }
      reapply_erasures: {
        Args: { receipts: Json }
        Returns: {
          events: number
          kind: string
          outcome: string
          receipt_id: string
        }[]
      }
      rebuild_derived: {
        Args: { since?: string; tenant?: string; until?: string }
        Returns: number
      }
      redact: {
        Args: { event_name?: string; payload: Json; tenant_id?: string }
        Returns: Database["telemetry"]["CompositeTypes"]["redacted_payload"]
        SetofOptions: {
          from: "*"
          to: "redacted_payload"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      redaction_rules: {
        Args: Record<PropertyKey, never>
        Returns: {
          kind: string
          rule: string
          version: number
        }[]
      }
      register_actor_names: {
        Args: {
          actor?: string
          id_column: string
          name_column: string
          relation: string
          tenant_column?: string
        }
        Returns: boolean
      }
      register_alert: {
        Args: { definition: Json; name: string }
        Returns: boolean
      }
      register_cohort: {
        Args: { cohort: string; definition: Json; description?: string }
        Returns: boolean
      }
      register_dashboard: {
        Args: { description?: string; kpis: string[]; name: string }
        Returns: boolean
      }
      register_destination: {
        Args: { definition: Json; name: string }
        Returns: boolean
      }
      register_event: {
        Args: { attributes?: Json; event_name: string }
        Returns: number
      }
      register_export: {
        Args: { definition: Json; name: string }
        Returns: boolean
      }
      register_kpi: {
        Args: { definition: Json; name: string }
        Returns: boolean
      }
      register_retention_class: {
        Args: { description?: string; keep: string; name: string }
        Returns: undefined
      }
      registry_digest: { Args: Record<PropertyKey, never>; Returns: string }
      rejection_summary: {
        Args: { since?: string; tenant?: string; until?: string }
        Returns: {
          event_name: string
          first_rejected_at: string
          last_rejected_at: string
          reason: string
          rejections: number
          replayed: number
          sample_message: string
        }[]
      }
      release_hold: {
        Args: { hold_name: string; reason?: string }
        Returns: Database["telemetry"]["CompositeTypes"]["erasure_receipt"]
        SetofOptions: {
          from: "*"
          to: "erasure_receipt"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      replay_deliveries: {
        Args: { destination: string; since: string; until: string }
        Returns: number
      }
      replay_rejections: {
        Args: { filter?: Json }
        Returns: Database["telemetry"]["CompositeTypes"]["replay_outcome"]
        SetofOptions: {
          from: "*"
          to: "replay_outcome"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      request_timeline: {
        Args: {
          correlation_id: string
          since?: string
          tenant?: string
          until?: string
        }
        Returns: {
          event_name: string
          event_ts: string
          level: string
          payload: Json
          place: number
          seconds_from_previous: number
          seconds_from_start: number
          service: string
          session_id: string
          subject_id: string
          user_id: string
        }[]
      }
      requeue_deliveries: {
        Args: {
          delivery_id?: string
          destination: string
          since?: string
          until?: string
        }
        Returns: number
      }
      restore_kpi: { Args: { name: string }; Returns: undefined }
      resume_destination: {
        Args: { from_position?: string; name: string }
        Returns: number
      }
      retention: {
        Args: {
          actor?: string
          breakdown?: string
          filter?: Json
          grain?: string
          kind?: string
          last?: string
          match?: string[]
          min_occurrences?: number
          mode?: string
          object_key?: string
          periods?: number
          return_event?: string
          rolling?: boolean
          show?: string
          since?: string
          start_event?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actors: number
          breakdown_value: string
          cohort: string
          cohort_size: number
          is_complete: boolean
          is_other: boolean
          period: number
          rate: number
        }[]
      }
      retention_actors: {
        Args: {
          actor?: string
          breakdown?: string
          filter?: Json
          grain?: string
          kind?: string
          last?: string
          match?: string[]
          min_occurrences?: number
          mode?: string
          object_key?: string
          periods?: number
          return_event?: string
          rolling?: boolean
          since?: string
          start_event?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actor_id: string
          breakdown_value: string
          cohort: string
          is_other: boolean
          period: number
          tenant_id: string
        }[]
      }
      retention_flags_of: { Args: { state?: string }; Returns: number[] }
      revoke_access: { Args: { role: string }; Returns: undefined }
      routing_script: { Args: Record<PropertyKey, never>; Returns: string }
      sampling_rates: {
        Args: { day?: string }
        Returns: {
          daily_budget: number
          event_name: string
          kept: number
          present_rate: number
          sampling_rate: number
          tenant_id: string
        }[]
      }
      schedule_tick: { Args: { every?: string }; Returns: string }
      scrub_payload: {
        Args: {
          events?: string[]
          keys?: string[]
          reason?: string
          since?: string
          tenant?: string
          until?: string
        }
        Returns: Database["telemetry"]["CompositeTypes"]["erasure_receipt"]
        SetofOptions: {
          from: "*"
          to: "erasure_receipt"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      sequence_count_of: {
        Args: { pattern?: string; state?: string }
        Returns: number
      }
      sequence_gaps: {
        Args: { since?: string; tenant?: string; until?: string }
        Returns: {
          after_seq: number
          after_ts: string
          before_seq: number
          before_ts: string
          missing: number
          session_id: string
          tenant_id: string
        }[]
      }
      sequence_match_of: {
        Args: { pattern?: string; state?: string }
        Returns: boolean
      }
      sequence_next_node_of: {
        Args: { base?: string; direction?: string; state?: string }
        Returns: string
      }
      session_stats: {
        Args: {
          breakdown?: string
          by?: string
          exclude?: string[]
          filter?: Json
          grain?: string
          last?: string
          since?: string
          tenant?: string
          timeout?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actors: number
          avg_events: number
          avg_seconds: number
          bounce_rate: number
          breakdown_value: string
          bucket: string
          is_complete: boolean
          is_other: boolean
          median_seconds: number
          sessions: number
        }[]
      }
      session_timeline: {
        Args: { session: string; tenant?: string }
        Returns: {
          event_name: string
          event_ts: string
          payload: Json
          place: number
          seconds_from_previous: number
          seconds_from_start: number
          subject_id: string
        }[]
      }
      set_redaction: {
        Args: { event_name?: string; policy: Json; tenant_id?: string }
        Returns: undefined
      }
      set_tenant: {
        Args: {
          events_per_day?: number
          payload_limit?: number
          status?: string
          tenant_id: string
        }
        Returns: undefined
      }
      settle_deliveries: {
        Args: { results: Json; worker: string }
        Returns: {
          outcome: string
          ticket: string
        }[]
      }
      settle_delivery: {
        Args: {
          error?: string
          retry_after_seconds?: number
          status_code?: number
          ticket: string
          worker: string
        }
        Returns: string
      }
      show: {
        Args: {
          ascii?: boolean
          charts?: boolean
          grain?: string
          last?: string
          name: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
          width?: number
        }
        Returns: {
          line: string
        }[]
      }
      shown: {
        Args: { n?: number; unit?: string; value: number }
        Returns: string
      }
      silence_alert: {
        Args: {
          alert: string
          breakdown_value?: string
          reason?: string
          since?: string
          tenant?: string
          until?: string
        }
        Returns: string
      }
      stickiness: {
        Args: {
          actor?: string
          count_as?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          min_occurrences?: number
          object_key?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actors: number
          is_complete: boolean
          periods: number
          rate: number
        }[]
      }
      stickiness_actors: {
        Args: {
          actor?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          min_occurrences?: number
          object_key?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          actor_id: string
          periods: number
          tenant_id: string
        }[]
      }
      student_report: {
        Args: {
          confidence_level?: number
          fewest_answers?: number
          last?: string
          questions?: number
          since?: string
          student?: string
          table_name?: string
          tenant?: string
          until?: string
        }
        Returns: {
          answered: number
          changed_to_right: number
          changed_to_wrong: number
          changes: number
          changes_per_answer: number
          expected_score: number
          last_seen: string
          median_seconds: number
          paused_seconds: number
          pauses: number
          predicted_high: number
          predicted_low: number
          predicted_score: number
          progress: number
          score: number
          scored: number
          sessions: number
          submitted: number
          tenant_id: string
          user_id: string
        }[]
      }
      sum_of: {
        Args: {
          breakdown?: string
          events?: string[]
          filter?: Json
          grain?: string
          last?: string
          payload_key?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          breakdown_value: string
          bucket: string
          events: number
          is_complete: boolean
          is_other: boolean
          not_numeric: number
          value: number
        }[]
      }
      tenant_data: {
        Args: {
          after_id?: number
          most?: number
          tenant: string
          until_id?: number
        }
        Returns: unknown
      }
      tenant_usage: {
        Args: { day?: string }
        Returns: {
          events: number
          events_per_day: number
          remaining: number
          status: string
          tenant_id: string
        }[]
      }
      test_destination: { Args: { name: string }; Returns: string }
      tick_unit: { Args: { most?: number }; Returns: number }
      time_between: {
        Args: {
          actor?: string
          filter?: Json
          first_event?: string
          grain?: string
          last?: string
          match?: string[]
          next_event?: string
          object_key?: string
          percentiles?: number[]
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
          within?: string
        }
        Returns: {
          bucket: string
          events: number
          followed: number
          is_complete: boolean
          seconds: number[]
        }[]
      }
      time_between_actors: {
        Args: {
          actor?: string
          filter?: Json
          first_event?: string
          grain?: string
          last?: string
          match?: string[]
          next_event?: string
          object_key?: string
          since?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
          within?: string
        }
        Returns: {
          actor_id: string
          bucket: string
          event_at: string
          next_at: string
          seconds: number
          tenant_id: string
        }[]
      }
      time_buckets: {
        Args: {
          first_event?: string
          grain?: string
          last_event?: string
          since?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          bucket: string
          is_complete: boolean
          next_bucket: string
        }[]
      }
      time_to_fill: {
        Args: {
          event?: string
          first_report_only?: boolean
          grain?: string
          last?: string
          since?: string
          table_name?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
        }
        Returns: {
          bucket: string
          is_complete: boolean
          p50_hours: number
          p90_hours: number
          reports: number
        }[]
      }
      time_to_first: {
        Args: {
          actor?: string
          anchor?: string
          filter?: Json
          grain?: string
          last?: string
          object_key?: string
          percentiles?: number[]
          since?: string
          target?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
          within?: string
        }
        Returns: {
          cohort: string
          is_complete: boolean
          n_anchor: number
          n_reached: number
          seconds: number[]
        }[]
      }
      time_to_first_actors: {
        Args: {
          actor?: string
          anchor?: string
          filter?: Json
          grain?: string
          last?: string
          object_key?: string
          since?: string
          target?: string
          tenant?: string
          tz?: string
          until?: string
          week_start?: string
          within?: string
        }
        Returns: {
          actor_id: string
          anchored_at: string
          cohort: string
          reached_at: string
          seconds: number
          tenant_id: string
        }[]
      }
      top_values: {
        Args: {
          actor?: string
          by?: string
          events?: string[]
          filter?: Json
          last?: string
          object_key?: string
          payload_key?: string
          since?: string
          tenant?: string
          top_n?: number
          until?: string
        }
        Returns: {
          actors: number
          events: number
          is_other: boolean
          rank: number
          share: number
          value: string
        }[]
      }
      top_values_actors: {
        Args: {
          actor?: string
          by?: string
          events?: string[]
          filter?: Json
          last?: string
          object_key?: string
          payload_key?: string
          since?: string
          tenant?: string
          top_n?: number
          until?: string
        }
        Returns: {
          actor_id: string
          is_other: boolean
          rank: number
          tenant_id: string
          value: string
        }[]
      }
      track_table: {
        Args: {
          event_name: string
          is_strict?: boolean
          on?: string[]
          payload?: Json
          relation: unknown
          session_id?: string
          source?: string
          subject_id?: string
          tenant_id?: string
          user_id?: string
          when?: string
        }
        Returns: boolean
      }
      tracked_tables: {
        Args: Record<PropertyKey, never>
        Returns: {
          arguments: Json
          condition: string
          event_name: string
          is_strict: boolean
          operations: string[]
          payload: Json
          problem: string
          relation: string
          source: string
        }[]
      }
      try_log_event: {
        Args: {
          client_ts?: string
          event_id?: string
          event_name: string
          event_version?: number
          payload?: Json
          seq?: number
          session_id?: string
          source?: string
          subject_id?: string
          tenant_id?: string
          user_id?: string
        }
        Returns: string
      }
      uninstall_pack: { Args: { name: string }; Returns: number }
      uniq_exact_of: { Args: { state?: string }; Returns: number }
      uniq_of: { Args: { state?: string }; Returns: number }
      unschedule_tick: { Args: Record<PropertyKey, never>; Returns: boolean }
      untrack_table: {
        Args: { event_name?: string; relation: string }
        Returns: number
      }
      update_event: {
        Args: { attributes?: Json; event_name: string }
        Returns: number
      }
      user_data: {
        Args: {
          since?: string
          tenant?: string
          until?: string
          user_id?: string
        }
        Returns: unknown
      }
      user_engagement: {
        Args: {
          actor?: string
          events?: string[]
          filter?: Json
          last?: string
          object_key?: string
          since?: string
          tenant?: string
          top_n?: number
          tz?: string
          until?: string
          weights?: number[]
        }
        Returns: {
          active_days: number
          actor_id: string
          days_since_last: number
          event_names: number
          events: number
          score: number
          tenant_id: string
        }[]
      }
      user_sessions: {
        Args: {
          by?: string
          exclude?: string[]
          filter?: Json
          last?: string
          since?: string
          tenant?: string
          timeout?: string
          until?: string
        }
        Returns: {
          actor_id: string
          duration_seconds: number
          ended_at: string
          events: number
          first_event: string
          last_event: string
          started_at: string
          tenant_id: string
        }[]
      }
      verify_derived: {
        Args: { since?: string; tenant?: string; until?: string }
        Returns: {
          derived: string
          expected: number
          found: number
          is_equal: boolean
          problem: string
          tenant_id: string
        }[]
      }
      verify_export: {
        Args: { name: string }
        Returns: {
          expected: number
          finding: string
          found: number
          number: number
        }[]
      }
      verify_seals: {
        Args: { checkpoint?: string }
        Returns: {
          detail: string
          event_id: string
          events: number
          first_id: number
          last_id: number
          log: string
          ok: boolean
          receipt_id: string
          tenant_id: string
          what: string
        }[]
      }
      was_erased: {
        Args: { tenant?: string; user_id: string }
        Returns: boolean
      }
      window_funnel_of: {
        Args: { mode?: string; state?: string; within?: string }
        Returns: number
      }
    }
    Enums: {
      access_level:
        | "writer"
        | "courier"
        | "own_events"
        | "analyst"
        | "auditor"
        | "privacy_officer"
        | "admin"
      enforcement: "reject" | "quarantine" | "warn" | "accept"
      event_source:
        | "web"
        | "mobile"
        | "api"
        | "backend"
        | "bot"
        | "worker"
        | "database"
        | "import"
      event_status: "active" | "superseded" | "deprecated"
      grain:
        | "minute"
        | "5 minutes"
        | "10 minutes"
        | "15 minutes"
        | "hour"
        | "day"
        | "week"
        | "month"
        | "quarter"
        | "year"
        | "range"
      health_severity: "ok" | "warning" | "error"
      log_level: "debug" | "info" | "warn" | "error"
      logged_by: "client" | "server"
      partition_interval: "day" | "week" | "month"
      rejection_reason:
        | "unknown_event"
        | "unknown_version"
        | "deprecated_event"
        | "missing_argument"
        | "missing_key"
        | "wrong_type"
        | "wrong_value"
        | "unexpected_key"
        | "payload_not_object"
        | "payload_too_large"
        | "payload_too_deep"
        | "unknown_source"
        | "not_allowed"
        | "invalid_definition"
        | "not_an_object"
        | "unreadable_argument"
        | "unknown_argument"
        | "ambiguous_argument"
        | "out_of_range"
        | "not_yours"
        | "not_owned"
        | "check_failed"
        | "conflicting_id"
        | "sensitive_value"
        | "storage_error"
        | "tenant_suspended"
        | "daily_limit"
        | "not_a_batch"
        | "batch_too_large"
      severity: "SEV1" | "SEV2" | "SEV3"
      surface:
        | "website"
        | "telegram_dm"
        | "telegram_channel"
        | "bot"
        | "email"
        | "web_push"
        | "mobile_app"
        | "backend"
      tenant_status: "active" | "suspended"
    }
    CompositeTypes: {
      batch_outcome: {
        accepted: number | null
        rejected: number | null
        duplicates: number | null
        rejected_reasons_sample: Json | null
        warnings_sample: Json | null
      }
      erasure_receipt: {
        receipt_id: string | null
        at: string | null
        kind: string | null
        tenant_id: string | null
        reason: string | null
        events: number | null
        counts: Json | null
        since: string | null
        until: string | null
        details: Json | null
      }
      import_outcome: {
        stored: number | null
        known: number | null
        erased: number | null
        was_imported: boolean | null
      }
      import_part: {
        rows_read: number | null
        stored: number | null
        known: number | null
        rejected: number | null
        sampled_out: number | null
        is_finished: boolean | null
      }
      redacted_payload: {
        redacted: Json | null
        found: Json | null
      }
      replay_outcome: {
        replayed: number | null
        duplicates: number | null
        still_rejected: number | null
      }
    }
  }
}

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">]

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] &
        DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] &
        DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R
      }
      ? R
      : never
    : never

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I
      }
      ? I
      : never
    : never

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U
      }
      ? U
      : never
    : never

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends (DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never) = never,
> = DefaultSchemaEnumNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
    : never

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends (PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never) = never,
> = PublicCompositeTypeNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
    : never

export const Constants = {
  telemetry: {
    Enums: {
      access_level: [
        "writer",
        "courier",
        "own_events",
        "analyst",
        "auditor",
        "privacy_officer",
        "admin",
      ],
      enforcement: ["reject", "quarantine", "warn", "accept"],
      event_source: [
        "web",
        "mobile",
        "api",
        "backend",
        "bot",
        "worker",
        "database",
        "import",
      ],
      event_status: ["active", "superseded", "deprecated"],
      grain: [
        "minute",
        "5 minutes",
        "10 minutes",
        "15 minutes",
        "hour",
        "day",
        "week",
        "month",
        "quarter",
        "year",
        "range",
      ],
      health_severity: ["ok", "warning", "error"],
      log_level: ["debug", "info", "warn", "error"],
      logged_by: ["client", "server"],
      partition_interval: ["day", "week", "month"],
      rejection_reason: [
        "unknown_event",
        "unknown_version",
        "deprecated_event",
        "missing_argument",
        "missing_key",
        "wrong_type",
        "wrong_value",
        "unexpected_key",
        "payload_not_object",
        "payload_too_large",
        "payload_too_deep",
        "unknown_source",
        "not_allowed",
        "invalid_definition",
        "not_an_object",
        "unreadable_argument",
        "unknown_argument",
        "ambiguous_argument",
        "out_of_range",
        "not_yours",
        "not_owned",
        "check_failed",
        "conflicting_id",
        "sensitive_value",
        "storage_error",
        "tenant_suspended",
        "daily_limit",
        "not_a_batch",
        "batch_too_large",
      ],
      severity: ["SEV1", "SEV2", "SEV3"],
      surface: [
        "website",
        "telegram_dm",
        "telegram_channel",
        "bot",
        "email",
        "web_push",
        "mobile_app",
        "backend",
      ],
      tenant_status: ["active", "suspended"],
    },
  },
} as const
